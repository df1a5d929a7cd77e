-- include: job
-- ARGV: id, entry that ends a queued job, control channel
-- Answers the status the job is in now: 'cancelled', 'running' (its worker is told), a terminal one, or nil.
local id, now = ARGV[1], now_ms()
local r = redis.call('HMGET', record, 'status', 'seq', 'reply_to', 'ttl')
if r[1] == 'queued' then
  local seq = tonumber(r[2]) + 1
  add_entry(id, seq, ARGV[2], r[3])
  redis.call('HSET', record, 'seq', seq)
  end_job(id, 'cancelled', 'cancelled', now, r[4])
  return 'cancelled'
end
if r[1] == 'running' then
  redis.call('HSET', record, 'cancel', 1)
  redis.call('PUBLISH', ARGV[3], id)
end
return r[1]
