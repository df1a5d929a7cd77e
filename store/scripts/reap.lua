-- include: job
-- ARGV: id, entry for a job that cannot be run again, its code, how many workers may die with one job,
--       entry for a job that was being cancelled
-- Judges one job whose lease may have expired. Answers 'kept', 'failed', 'cancelled', 'gone', or
-- {'requeued', lane, next attempt}.
local id, now = ARGV[1], now_ms()
local deadline = redis.call('ZSCORE', leases, id)
if not deadline or tonumber(deadline) > now then return 'kept' end
local r = redis.call('HMGET', record, 'status', 'seq', 'visible', 'stream', 'attempt', 'lane', 'cancel', 'deadline', 'bytes')
if r[1] ~= 'running' then
  redis.call('ZREM', leases, id)
  return 'gone'
end
if r[7] then
  close_job(id, 'cancelled', 'cancelled', ARGV[5], now)
  return 'cancelled'
end
-- Output that a stream has shown must not come twice; a whole answer nobody saw may simply run again.
local shown = r[3] == '1' and r[4] == '1'
if shown or redis.call('HINCRBY', record, 'deaths', 1) >= tonumber(ARGV[4]) then
  close_job(id, 'failed', ARGV[3], ARGV[2], now)
  return 'failed'
end
redis.call('ZREM', leases, id)
join_waiting(id, r[6], r[8], r[9], now)
-- What is in the log by now was nobody's to see: the next attempt starts anew after it.
redis.call('HSET', record, 'status', 'queued', 'enqueued', now, 'visible', 0, 'from', r[2])
return {'requeued', r[6], tonumber(r[5]) + 1}
