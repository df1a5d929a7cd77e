-- include: clock
-- include: reachable
-- KEYS: leases, heartbeats of the lane, since when the store is reachable, records...
-- ARGV: lease ms, worker, then id and attempt of each record
-- Renews all jobs of one worker process and its own heartbeat. Answers for each job: 0 kept, 1 cancelled, -1 lost.
local now = now_ms()
redis.call('ZADD', KEYS[2], now, ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - 60000)
redis.call('PEXPIRE', KEYS[2], 60000)
reachable_since(KEYS[3], now, tonumber(ARGV[1]))
local answers = {}
for i = 4, #KEYS do
  local id, attempt = ARGV[2 * i - 5], ARGV[2 * i - 4]
  local r = redis.call('HMGET', KEYS[i], 'attempt', 'status', 'cancel')
  if r[1] ~= attempt or r[2] ~= 'running' then
    answers[#answers + 1] = -1
  else
    redis.call('ZADD', KEYS[1], now + tonumber(ARGV[1]), id)
    answers[#answers + 1] = r[3] and 1 or 0
  end
end
return answers
