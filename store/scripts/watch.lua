-- include: job
-- include: replicas
-- KEYS: those of the job, and the replicas by last heartbeat
-- ARGV: channel of the replica that reads, how it reads: 'whole', 'events' or 'stream', heartbeat age ms
-- From now on the replica hears of each entry; who reads a whole answer, of the last one. What a stream has shown is not
-- run again. Channels of replicas that are gone leave.
-- Answers {sequence number up to which the log is of former attempts, where it ends}, or nil without a record.
local now = now_ms()
local r = redis.call('HMGET', record, 'status', 'reply_to', 'from', 'seq')
if not r[1] then return false end
if r[1] == 'queued' or r[1] == 'running' then
  redis.call('ZADD', KEYS[7], now, ARGV[1])
  local readers = other_readers(r[2], ARGV[1], KEYS[7], now - tonumber(ARGV[3]))
  readers[#readers + 1] = ARGV[1]
  redis.call('HSET', record, 'reply_to', table.concat(readers, '\n'))
  if ARGV[2] ~= 'whole' then redis.call('HSET', record, 'live', 1) end
  if ARGV[2] == 'stream' then redis.call('HSET', record, 'stream', 1) end
end
return {tonumber(r[3]) or 0, tonumber(r[4])}
