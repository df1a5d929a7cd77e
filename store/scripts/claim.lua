-- include: job
-- ARGV: id, worker, lease ms
-- The attempt number is the fencing token: whoever holds an older one is refused from now on.
-- Answers {attempt, seq, payload, stream}, or nil when the job is not there to be claimed.
local id, now = ARGV[1], now_ms()
if redis.call('HGET', record, 'status') ~= 'queued' then return false end
local body = redis.call('GET', payload)
if not body then return false end
leave_waiting(id)
redis.call('ZADD', leases, now + tonumber(ARGV[3]), id)
local attempt = redis.call('HINCRBY', record, 'attempt', 1)
redis.call('HSET', record, 'status', 'running', 'worker', ARGV[2], 'claimed', now)
local rest = redis.call('HMGET', record, 'seq', 'stream')
return {attempt, tonumber(rest[1]), body, tonumber(rest[2])}
