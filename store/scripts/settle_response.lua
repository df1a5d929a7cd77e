-- include: responses
-- KEYS: the bookkeeping, the answer's key
-- ARGV: response, ttl ms, most bytes
-- An answer that was deleted or evicted meanwhile stays away. Answers whether the response is kept.
local name = KEYS[4]
if redis.call('EXISTS', name) == 0 then return 0 end
if redis.call('HEXISTS', name, 'response') == 1 then return 1 end
use(name, tonumber(ARGV[2]))
keep_books(tonumber(ARGV[2]))
if not make_room(#ARGV[1], tonumber(ARGV[3])) or redis.call('EXISTS', name) == 0 then return 0 end
redis.call('HSET', name, 'response', ARGV[1])
grow(name, #ARGV[1])
return 1
