-- KEYS: the client's batches
-- ARGV: head of the records' keys, id after which or '' and id before which or '' the page is, how many
-- The newest come first. Answers {records, whether there are more in that direction}, or nothing when the id is not in
-- the list.
local list, most = KEYS[1], tonumber(ARGV[4])
for _, id in ipairs(redis.call('ZRANGE', list, 0, 99)) do
  -- The oldest are forgotten first.
  if redis.call('EXISTS', ARGV[1] .. id) == 1 then break end
  redis.call('ZREM', list, id)
end
local first, last = 0, most - 1
if ARGV[2] ~= '' then
  local rank = redis.call('ZREVRANK', list, ARGV[2])
  if not rank then return false end
  first, last = rank + 1, rank + most
elseif ARGV[3] ~= '' then
  local rank = redis.call('ZREVRANK', list, ARGV[3])
  if not rank then return false end
  first, last = math.max(rank - most, 0), rank - 1
end
local rows = {}
if last >= first then
  for _, id in ipairs(redis.call('ZREVRANGE', list, first, last)) do
    local row = redis.call('HGETALL', ARGV[1] .. id)
    if #row > 0 then rows[#rows + 1] = row end
  end
end
local more = first > 0
if ARGV[3] == '' then more = redis.call('ZCARD', list) > last + 1 end
return {rows, more and 1 or 0}
