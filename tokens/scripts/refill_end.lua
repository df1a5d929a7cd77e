-- Ends a pass and lets those who wait for it go on; only the holder can.
-- KEYS: the refill hash. ARGV: owner, what the sources can give (0: this process has none, which says nothing)
-- Reply: 1, or 0 when another has taken over
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'owner', 'till')
redis.call('HINCRBY', KEYS[1], 'passes', 1)
if ARGV[2] ~= '0' then redis.call('HSET', KEYS[1], 'capacity', ARGV[2]) end
return 1
