-- include: clock
-- KEYS: records of jobs whose messages were sent again. Their time in the queue counts anew.
local now = now_ms()
for _, record in ipairs(KEYS) do
  if redis.call('HGET', record, 'status') == 'queued' then redis.call('HSET', record, 'enqueued', now) end
end
return #KEYS
