-- KEYS: the lease. ARGV: nonce, ttl ms
-- Takes or renews the lease of the keeper that runs the batches. Answers whether it is the caller's.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
