-- include: clock
-- KEYS: waiting, how far the lanes have come. ARGV: prefix of record keys, age ms, most of one lane, the lanes
-- Jobs enqueued longer than `age` ago that still wait, the oldest of each lane: their messages may be lost. The message
-- of one is lost for certain if a job that was enqueued `age` later has been claimed, because a queue keeps its order.
-- Answers {id, lane, next attempt, certain (0|1)} of each.
local before = now_ms() - tonumber(ARGV[2])
local answers = {}
for i = 4, #ARGV do
  local lane = ARGV[i]
  local list = KEYS[1] .. ':' .. lane
  local reached = tonumber(redis.call('HGET', KEYS[2], lane)) or 0
  local rows = redis.call('ZRANGE', list, '-inf', '(' .. before, 'BYSCORE', 'LIMIT', 0, ARGV[3], 'WITHSCORES')
  for at = 1, #rows, 2 do
    local id, attempt = rows[at], redis.call('HGET', ARGV[1] .. rows[at], 'attempt')
    if attempt then
      local certain = reached - rows[at + 1] > tonumber(ARGV[2])
      answers[#answers + 1] = {id, lane, tonumber(attempt) + 1, certain and 1 or 0}
    else
      -- Its record is gone. It must not stand before those behind it for ever.
      redis.call('ZREM', list, id)
      redis.call('ZREM', KEYS[1], id)
    end
  end
end
return answers
