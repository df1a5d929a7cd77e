-- include: job
-- KEYS: those of the job, and how far the lanes have come
-- ARGV: id, worker, lease ms, nonce of this claim, entry that ends a job past its deadline, its code
-- The attempt number is the fencing token: whoever holds an older one is refused from now on. A claim whose reply was
-- lost may be sent again with its nonce.
-- Answers {attempt, seq, payload, stream, client, ms since it was enqueued, ms since it was admitted}, or nil when the
-- job is not there to be claimed.
local id, now = ARGV[1], now_ms()

-- How fast the lane moves while somebody waits: a running mean of the times between two claims. `last` is there only if
-- others waited still at the last claim; the time since then was busy.
local function note_pace(lane)
  local list = lane_list(lane)
  local pace = list .. ':pace'
  local r = redis.call('HMGET', pace, 'last', 'every')
  local others = redis.call('ZCARD', list) > 0
  if not r[1] and not others then return end
  if r[1] then
    local every, sample = r[2], now - r[1]
    redis.call('HSET', pace, 'every', every and every + (sample - every) / 10 or sample)
  end
  if others then redis.call('HSET', pace, 'last', now) else redis.call('HDEL', pace, 'last') end
  redis.call('PEXPIRE', pace, 600000)
end

local r = redis.call('HMGET', record, 'status', 'claim', 'lane', 'enqueued', 'deadline', 'attempt', 'seq', 'stream', 'client',
  'admitted', 'claimed')
local again = r[1] == 'running' and r[2] == ARGV[4]
if r[1] ~= 'queued' and not again then return false end
-- An answer that would come too late must not cost a token.
local deadline = tonumber(r[5])
if deadline > 0 and deadline <= now and not again then
  close_job(id, 'failed', ARGV[6], ARGV[5], now)
  return false
end
local body = redis.call('GET', payload)
if not body then return false end
redis.call('ZADD', leases, now + tonumber(ARGV[3]), id)
local attempt = tonumber(r[6])
if not again then
  attempt = attempt + 1
  leave_waiting(id)
  redis.call('HSET', record, 'status', 'running', 'worker', ARGV[2], 'claimed', now, 'claim', ARGV[4], 'attempt', attempt)
  if tonumber(r[4]) > (tonumber(redis.call('HGET', KEYS[7], r[3])) or 0) then
    redis.call('HSET', KEYS[7], r[3], r[4])
  end
  note_pace(r[3])
  tell_monitor(id)
end
local claimed = again and tonumber(r[11]) or now
return {attempt, tonumber(r[7]), body, tonumber(r[8]), r[9], claimed - tonumber(r[4]), claimed - tonumber(r[10])}
