-- include: job
-- include: replicas
-- KEYS: those of the job, and the replicas by last heartbeat
-- ARGV: id, channel of the replica whose last reader left, heartbeat age ms, entry that ends a queued job, control channel
-- A job that nobody reads any more is cancelled, unless it is one that runs on; a replica that died reads nothing.
-- Answers the status the job is in now, or nil without a record.
local id, now = ARGV[1], now_ms()
local r = redis.call('HMGET', record, 'status', 'reply_to', 'drain')
if r[1] ~= 'queued' and r[1] ~= 'running' then return r[1] end
local readers = other_readers(r[2], ARGV[2], KEYS[7], now - tonumber(ARGV[3]))
redis.call('HSET', record, 'reply_to', table.concat(readers, '\n'))
if #readers > 0 or r[3] == '1' then return r[1] end
return cancel_job(id, ARGV[4], ARGV[5], now)
