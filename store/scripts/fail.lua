-- include: job
-- ARGV: id, status it must be in, entry, code, deadline it must have passed ms (0 = none)
-- Ends a job that no worker will end: a failed publish, a deadline passed in the queue.
-- Answers 1 when it ended the job, 0 when there was nothing to end.
local id, now = ARGV[1], now_ms()
local status = redis.call('HGET', record, 'status')
if not status then
  -- A member without a record: its keys expired. Leave no trace in the sets.
  leave_waiting(id)
  redis.call('ZREM', leases, id)
  return 0
end
if status ~= ARGV[2] or tonumber(ARGV[5]) > now then return 0 end
close_job(id, 'failed', ARGV[4], ARGV[3], now)
return 1
