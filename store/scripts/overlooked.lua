-- KEYS: waiting. ARGV: prefix of record keys, age ms, most
-- Jobs that have waited longer than `age` since they were enqueued or last answered here: their messages may be lost.
-- Answers {id, lane, next attempt} of each.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local answers = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, ARGV[3] - 1)) do
  local record = ARGV[1] .. id
  local r = redis.call('HMGET', record, 'lane', 'attempt', 'enqueued')
  if r[3] and now - tonumber(r[3]) > tonumber(ARGV[2]) then
    redis.call('HSET', record, 'enqueued', now)
    answers[#answers + 1] = {id, r[1], tonumber(r[2]) + 1}
  end
end
return answers
