-- include: job
-- KEYS: those of the job, and the set of the client's jobs
-- ARGV: id, client, lane, reply_to, stream (0|1), header, payload, deadline ms, lifetime ms,
--       max waiting, max waiting bytes, client concurrency (0 = no limit), lifetime after the end ms,
--       runs on without readers (0|1), log kept once delivered (0|1)
-- Answers 'ok', or why the job was refused: 'full', 'bytes', 'client'.
local id, bytes, now, client_set = ARGV[1], #ARGV[7], now_ms(), KEYS[7]
if redis.call('EXISTS', record) == 1 then return 'ok' end
if redis.call('ZCARD', waiting) >= tonumber(ARGV[10]) then return 'full' end
if (tonumber(redis.call('GET', waiting_bytes)) or 0) + bytes > tonumber(ARGV[11]) then return 'bytes' end

local limit = tonumber(ARGV[12])
if limit > 0 and redis.call('SCARD', client_set) >= limit then
  -- Members whose record expired without an end no longer count.
  local prefix = string.sub(record, 1, #record - #id)
  for _, member in ipairs(redis.call('SMEMBERS', client_set)) do
    if redis.call('EXISTS', prefix .. member) == 0 then redis.call('SREM', client_set, member) end
  end
  if redis.call('SCARD', client_set) >= limit then return 'client' end
end

redis.call('HSET', record, 'status', 'queued', 'client', ARGV[2], 'client_set', client_set, 'lane', ARGV[3], 'reply_to', ARGV[4],
  'stream', ARGV[5], 'header', ARGV[6], 'deadline', ARGV[8], 'bytes', bytes, 'ttl', ARGV[13],
  'drain', ARGV[14], 'keep', ARGV[15],
  'attempt', 0, 'seq', 0, 'visible', 0, 'admitted', now, 'enqueued', now)
redis.call('PEXPIRE', record, ARGV[9])
redis.call('SET', payload, ARGV[7], 'PX', ARGV[9])
join_waiting(id, ARGV[8], bytes)
redis.call('SADD', client_set, id)
return 'ok'
