-- include: job
-- KEYS: those of the job, the set of the client's jobs, its rate, and, if the request has an idempotency key, its binding
-- ARGV: id, client, lane, reply_to, stream (0|1), header, payload, deadline ms, lifetime ms,
--       max waiting, max waiting bytes, client's concurrency (0 = no limit), lifetime after the end ms,
--       runs on without readers (0|1), log kept once delivered (0|1),
--       client's jobs a minute (0 = no limit), digest of the request,
--       and for a line of a batch: the number of the line, the batch's `running` and `done`
-- Answers {verdict, job id, backlog ms}. Verdicts: 'ok'; 'bound' or 'reused' when the idempotency key has a job, of this
-- or of another request; or why the job was refused: 'client', 'rate', 'full', 'bytes'.
local id, bytes, now, lane = ARGV[1], #ARGV[7], now_ms(), ARGV[3]
local client_set, rate, binding = KEYS[7], KEYS[8], KEYS[9]
local concurrency, per_minute = tonumber(ARGV[12]), tonumber(ARGV[16])
local prefix = string.sub(record, 1, #record - #id)

-- A client's rate is a bucket that holds a minute's jobs and fills evenly. What is kept is the time it will be full.
local full_at = per_minute > 0 and math.max(now, tonumber(redis.call('GET', rate)) or now) or now
local function answer(verdict, job)
  return {verdict, job or id, string.format('%.3f', full_at - now)}
end

if redis.call('EXISTS', record) == 1 then return answer('ok') end

-- A batch has as many jobs as its feeding lets it have, and they take nothing of what its client may have besides.
local line, done = ARGV[18], ARGV[20]
if line then
  local taken = redis.call('HGET', ARGV[19], line)
  -- As `job_of` of the batches' verbs reads it.
  if not taken or string.match(taken, '^%["(%w*)"') ~= id then return answer('gone') end
end

if binding then
  local job, request = unpack(redis.call('HMGET', binding, 'job', 'request'))
  local r = job and redis.call('HMGET', prefix .. job, 'status', 'cancel') or {}
  -- The key is free again when its job failed, was cancelled, or is about to be forgotten.
  if r[1] and r[1] ~= 'failed' and r[1] ~= 'cancelled' and not r[2] and redis.call('PTTL', prefix .. job) > 1000 then
    return answer(request == ARGV[17] and 'bound' or 'reused', job)
  end
end

if concurrency > 0 and redis.call('SCARD', client_set) >= concurrency then
  -- Members whose record expired without an end no longer count. A refusal must stay cheap: a large set is looked
  -- through a part at a time.
  for _, member in ipairs(redis.call('SRANDMEMBER', client_set, 100)) do
    if redis.call('EXISTS', prefix .. member) == 0 then redis.call('SREM', client_set, member) end
  end
  if redis.call('SCARD', client_set) >= concurrency then return answer('client') end
end
local interval = per_minute > 0 and 60000 / per_minute or 0
-- Half a millisecond is what the sums of intervals may be off.
if full_at - now + interval > 60000.5 then return answer('rate') end

-- The batch lane takes half of the waiting list at most: what can wait never keeps out what cannot.
local share = lane == 'batch' and 0.5 or 1
if redis.call('ZCARD', waiting) >= tonumber(ARGV[10]) * share then return answer('full') end
if (tonumber(redis.call('GET', waiting_bytes)) or 0) + bytes > tonumber(ARGV[11]) * share then return answer('bytes') end

redis.call('HSET', record, 'status', 'queued', 'client', ARGV[2], 'client_set', line and '' or client_set,
  'lane', lane, 'reply_to', ARGV[4], 'stream', ARGV[5], 'header', ARGV[6], 'deadline', ARGV[8], 'bytes', bytes, 'ttl', ARGV[13],
  'drain', ARGV[14], 'keep', ARGV[15],
  'attempt', 0, 'seq', 0, 'visible', 0, 'admitted', now, 'enqueued', now)
redis.call('PEXPIRE', record, ARGV[9])
redis.call('SET', payload, ARGV[7], 'PX', ARGV[9])
join_waiting(id, lane, ARGV[8], bytes, now)
-- The latest jobs, for operators.
redis.call('ZADD', tag .. 'recent', now, id)
redis.call('ZREMRANGEBYRANK', tag .. 'recent', 0, -1001)
redis.call('PEXPIRE', tag .. 'recent', ARGV[9])
if line then
  redis.call('HSET', record, 'line', line, 'done', done)
else
  redis.call('SADD', client_set, id)
  -- Nothing of a client that has left for good stays behind.
  redis.call('PEXPIRE', client_set, ARGV[9])
end
if per_minute > 0 then
  full_at = full_at + interval
  redis.call('SET', rate, string.format('%.3f', full_at), 'PX', math.ceil(full_at - now))
end
if binding then
  redis.call('HSET', binding, 'job', id, 'request', ARGV[17])
  redis.call('PEXPIRE', binding, ARGV[9])
  redis.call('HSET', record, 'binding', binding)
end
return answer('ok')
