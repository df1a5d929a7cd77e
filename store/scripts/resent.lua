-- KEYS: records of jobs whose messages were sent again. Their time in the queue counts anew.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
for _, record in ipairs(KEYS) do
  if redis.call('HGET', record, 'status') == 'queued' then redis.call('HSET', record, 'enqueued', now) end
end
return #KEYS
