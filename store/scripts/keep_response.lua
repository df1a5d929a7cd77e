-- include: responses
-- KEYS: the bookkeeping, the answer's key
-- ARGV: input, key of the answer before it or '', ttl ms, most bytes
-- May be sent again. Answers 1, or 0 when the input is too large to keep.
local name = KEYS[4]
if redis.call('EXISTS', name) == 1 then return 1 end
local bytes = #ARGV[1] + #name
if not make_room(bytes, tonumber(ARGV[4])) then return 0 end
redis.call('HSET', name, 'input', ARGV[1], 'previous', ARGV[2])
grow(name, bytes)
use(name, tonumber(ARGV[3]))
keep_books(tonumber(ARGV[3]))
return 1
