-- include: clock
-- KEYS: waiting, how far the lanes have come. ARGV: prefix of record keys, age ms, most
-- Jobs enqueued longer than `age` ago that still wait: their messages may be lost. The message of one is lost for
-- certain if a job that was enqueued `age` later has been claimed, because a queue keeps its order.
-- Answers {id, lane, next attempt, certain (0|1)} of each.
local now = now_ms()
local answers = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, ARGV[3] - 1)) do
  local r = redis.call('HMGET', ARGV[1] .. id, 'lane', 'attempt', 'enqueued')
  if r[3] and now - r[3] > tonumber(ARGV[2]) then
    local reached = tonumber(redis.call('HGET', KEYS[2], r[1])) or 0
    answers[#answers + 1] = {id, r[1], tonumber(r[2]) + 1, reached - r[3] > tonumber(ARGV[2]) and 1 or 0}
  end
end
return answers
