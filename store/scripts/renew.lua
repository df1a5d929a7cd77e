-- include: clock
-- include: reachable
-- include: heartbeat
-- KEYS: leases, heartbeats of the lane, since when the store is reachable, the two of those who watch (content, shapes),
--       records...
-- ARGV: lease ms, worker, how many jobs it may run at once, then id and attempt of each record
-- Renews all jobs of one worker process and its own heartbeat. Answers what is watched (2 contents, 1 shapes, 0 nothing),
-- then for each job: 0 kept, 1 cancelled, -1 lost.
local now = now_ms()
local shared, given = 5, 3
beat(KEYS[2], ARGV[2], #KEYS - shared, ARGV[3], now)
reachable_since(KEYS[3], now, tonumber(ARGV[1]))
local watched = redis.call('EXISTS', KEYS[4]) == 1 and 2 or redis.call('EXISTS', KEYS[5])
local answers = {watched}
for i = 1, #KEYS - shared do
  local id, attempt = ARGV[given + 2 * i - 1], ARGV[given + 2 * i]
  local r = redis.call('HMGET', KEYS[shared + i], 'attempt', 'status', 'cancel')
  if r[1] ~= attempt or r[2] ~= 'running' then
    answers[#answers + 1] = -1
  else
    redis.call('ZADD', KEYS[1], now + tonumber(ARGV[1]), id)
    answers[#answers + 1] = r[3] and 1 or 0
  end
end
return answers
