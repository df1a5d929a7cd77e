-- include: job
-- ARGV: id, worker, lease ms, entry that ends a job past its deadline, its code
-- The attempt number is the fencing token: whoever holds an older one is refused from now on.
-- Answers {attempt, seq, payload, stream}, or nil when the job is not there to be claimed.
local id, now = ARGV[1], now_ms()
local r = redis.call('HMGET', record, 'status', 'deadline')
if r[1] ~= 'queued' then return false end
-- An answer that would come too late must not cost a token.
local deadline = tonumber(r[2])
if deadline > 0 and deadline <= now then
  fail_job(id, ARGV[4], ARGV[5], now)
  return false
end
local body = redis.call('GET', payload)
if not body then return false end
leave_waiting(id)
redis.call('ZADD', leases, now + tonumber(ARGV[3]), id)
local attempt = redis.call('HINCRBY', record, 'attempt', 1)
redis.call('HSET', record, 'status', 'running', 'worker', ARGV[2], 'claimed', now)
local rest = redis.call('HMGET', record, 'seq', 'stream')
return {attempt, tonumber(rest[1]), body, tonumber(rest[2])}
