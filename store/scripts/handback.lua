-- include: job
-- ARGV: id, attempt
-- A stopping worker gives back a job that has shown nothing yet. Answers {lane, next attempt}, or nil when it may not.
local id, now = ARGV[1], now_ms()
local r = redis.call('HMGET', record, 'attempt', 'status', 'visible', 'stream', 'lane', 'deadline', 'bytes', 'cancel', 'seq')
if r[1] ~= ARGV[2] or r[2] ~= 'running' or r[8] then return false end
if r[3] == '1' and r[4] == '1' then return false end
redis.call('ZREM', leases, id)
join_waiting(id, r[5], r[6], r[7], now)
redis.call('HSET', record, 'status', 'queued', 'enqueued', now, 'visible', 0, 'from', r[9])
return {r[5], tonumber(r[1]) + 1}
