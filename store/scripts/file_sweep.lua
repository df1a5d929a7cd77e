-- include: file
-- ARGV: how many at most
-- Dooms the files whose time is over and the uploads that were given up; answers the ids of doomed files.
local now = now_ms()

local function due(list)
  return redis.call('ZRANGE', list, '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[1])
end

-- What the batches that have not ended run on.
local function inputs()
  local found = {}
  for _, batch in ipairs(redis.call('ZRANGE', tag .. 'batches', 0, -1)) do
    local spec = redis.call('HGET', tag .. 'batch:' .. batch, 'spec')
    if spec then found[cjson.decode(spec).input_key] = true end
  end
  return found
end

for _, id in ipairs(due(uploads)) do doom_file(id, now) end
local expired = due(expiry)
local needed = #expired > 0 and inputs()
for _, id in ipairs(expired) do
  if needed[id] then
    -- It is gone for its client; the batch keeps it. It is looked at again in a minute.
    redis.call('ZADD', expiry, now + 60000, id)
  else
    doom_file(id, now)
  end
end
return redis.call('ZRANGE', doomed, 0, ARGV[1] - 1)
