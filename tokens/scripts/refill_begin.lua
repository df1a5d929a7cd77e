-- Takes the right to refill, or says how the holder is getting on.
-- KEYS: the refill hash. ARGV: owner, lock ms, passes seen (-1: none)
-- Reply: {'mine' | 'held' | 'done', passes done}; 'done' when a pass ended since the caller saw `passes seen`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local facts = redis.call('HMGET', KEYS[1], 'owner', 'till', 'passes')
local passes, seen = tonumber(facts[3]) or 0, tonumber(ARGV[3])
if seen >= 0 and passes > seen then return {'done', passes} end
if facts[1] and facts[1] ~= ARGV[1] and tonumber(facts[2]) > now then return {'held', passes} end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'till', now + tonumber(ARGV[2]))
return {'mine', passes}
