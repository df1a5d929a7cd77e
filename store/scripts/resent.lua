-- include: clock
-- KEYS: waiting. ARGV: prefix of record keys, then ids of jobs whose messages were sent again
-- They are the last in their lane's queue, and their time in it counts anew.
local now = now_ms()
for i = 2, #ARGV do
  local record = ARGV[1] .. ARGV[i]
  local r = redis.call('HMGET', record, 'status', 'lane')
  if r[1] == 'queued' then
    redis.call('HSET', record, 'enqueued', now)
    redis.call('ZADD', KEYS[1] .. ':' .. r[2], 'XX', now, ARGV[i])
  end
end
