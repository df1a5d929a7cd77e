-- include: file
-- KEYS: the terms, the list to read
-- ARGV: id to begin after or '', how many, whether the newest come first (0|1)
-- Answers {rows, whether there are more}, or nothing when the id to begin after is not in the list.
local list, after, most, newest = KEYS[4], ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'
local now, rows, start = now_ms(), {}, 0
if after ~= '' then
  local rank = redis.call(newest and 'ZREVRANK' or 'ZRANK', list, after)
  if not rank then return false end
  start = rank + 1
end
local ids = redis.call(newest and 'ZREVRANGE' or 'ZRANGE', list, start, start + most)
for place, id in ipairs(ids) do
  local row = place <= most and file_row(id, now)
  if row then rows[#rows + 1] = row end
end
return {rows, #ids > most and 1 or 0}
