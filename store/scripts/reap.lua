-- include: job
-- ARGV: id, entry for a job that cannot be run again, its code, how many workers may die with one job
-- Judges one job whose lease may have expired. Answers 'kept', 'failed', 'gone', or {'requeued', lane, next attempt}.
local id, now = ARGV[1], now_ms()
local deadline = redis.call('ZSCORE', leases, id)
if not deadline or tonumber(deadline) > now then return 'kept' end
local r = redis.call('HMGET', record, 'status', 'seq', 'reply_to', 'ttl', 'visible', 'stream', 'attempt', 'lane',
  'cancel', 'deadline', 'bytes')
if r[1] ~= 'running' then
  redis.call('ZREM', leases, id)
  return 'gone'
end
-- Output that a stream has shown must not come twice; a whole answer nobody saw may simply run again.
local shown = r[5] == '1' and r[6] == '1'
if shown or r[9] or redis.call('HINCRBY', record, 'deaths', 1) >= tonumber(ARGV[4]) then
  fail_job(id, ARGV[2], ARGV[3], now)
  return 'failed'
end
redis.call('ZREM', leases, id)
join_waiting(id, r[10], r[11])
-- What is in the log by now was nobody's to see: the next attempt starts anew after it.
redis.call('HSET', record, 'status', 'queued', 'enqueued', now, 'visible', 0, 'from', r[2])
return {'requeued', r[8], tonumber(r[7]) + 1}
