-- include: responses
-- KEYS: the bookkeeping, the key of the newest answer
-- ARGV: how many answers at most, ttl ms, most bytes
-- The answers from the newest back, {key, input, response or nothing} each; all of them are used by this. Answers
-- nothing when one is missing, and 'large' when they are too much together.
local found, name, bytes = {}, KEYS[4], 0
while name ~= '' and #found < tonumber(ARGV[1]) do
  local row = redis.call('HMGET', name, 'input', 'response', 'previous')
  if not row[1] then return false end
  bytes = bytes + #row[1] + #(row[2] or '')
  if bytes > tonumber(ARGV[3]) then return 'large' end
  found[#found + 1] = {name, row[1], row[2]}
  name = row[3]
end
for _, row in ipairs(found) do use(row[1], tonumber(ARGV[2])) end
keep_books(tonumber(ARGV[2]))
return found
