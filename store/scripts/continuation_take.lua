-- include: continuations
-- KEYS: index, sizes, bytes, counts
-- ARGV: prefix of the entries' keys, id, frame
-- Takes what is kept, so that nobody else goes on from it. Answers the data, 'unknown', or 'changed' when it is kept for
-- another frame; then it stays.
local kept = redis.call('HMGET', prefix .. id, 'frame', 'data')
local answer = 'hit'
if not kept[2] then answer = 'unknown' elseif kept[1] ~= ARGV[3] then answer = 'changed' end
redis.call('HINCRBY', counts, answer, 1)
if answer ~= 'hit' then return {answer} end
forget(id)
return {answer, kept[2]}
