-- include: clock
-- What several verbs share: the names of a job's keys, in the order of JobKeys, and how a job ends.
local record, payload, log = KEYS[1], KEYS[2], KEYS[3]
local waiting, waiting_bytes, leases = KEYS[4], KEYS[5], KEYS[6]

-- The jobs of one lane that wait, in the order in which they were enqueued: to tell their places, and whose message is
-- lost.
local function lane_list(lane)
  return waiting .. ':' .. lane
end

-- What the deployment's own keys and channels begin with.
local tag = string.sub(waiting, 1, -1 - #'waiting')

-- Something happened to the job that a monitor shows. Nobody depends on hearing it; without a listener it costs a
-- microsecond.
local function tell_monitor(id)
  redis.call('PUBLISH', tag .. 'monitor', id)
end

-- A job that no longer waits gives back its share of the waiting list, in the same step.
local function leave_waiting(id)
  if redis.call('ZREM', waiting, id) == 1 then
    local r = redis.call('HMGET', record, 'bytes', 'lane')
    redis.call('DECRBY', waiting_bytes, tonumber(r[1]) or 0)
    for _, lane in ipairs(r[2] and {r[2]} or {'interactive', 'batch'}) do
      redis.call('ZREM', lane_list(lane), id)
    end
  end
  -- An empty list holds no bytes, whatever became of a job whose record expired.
  if redis.call('EXISTS', waiting) == 0 then redis.call('DEL', waiting_bytes) end
end

-- A job waits in the order of deadlines; without one it is never overdue.
local function join_waiting(id, lane, deadline, bytes, now)
  redis.call('ZADD', waiting, tonumber(deadline) > 0 and deadline or '+inf', id)
  redis.call('INCRBY', waiting_bytes, bytes)
  redis.call('ZADD', lane_list(lane), now, id)
  tell_monitor(id)
end

-- One entry joins the log, and all who listen hear it. `reply_to` are the channels of the replicas that read the job,
-- one a line.
local function add_entry(id, seq, entry, reply_to)
  redis.call('XADD', log, seq .. '-0', 'e', entry)
  if seq == 1 then
    redis.call('PEXPIREAT', log, redis.call('PEXPIRETIME', record))
  end
  for channel in string.gmatch(reply_to or '', '[^\n]+') do
    redis.call('PUBLISH', channel, id .. ':' .. seq .. ':' .. entry)
  end
end

-- How long a lane's jobs take, as a running mean: it tells a client with too many of them when one may have ended.
local function note_end(lane, took)
  local key = lane_list(lane) .. ':took'
  local mean = tonumber(redis.call('GET', key))
  redis.call('SET', key, mean and mean + (took - mean) / 10 or took, 'PX', 600000)
end

-- The terminal record: the job, which no longer waits, leaves every set it is in, its payload goes, its log lives on for
-- `ttl` ms.
local function end_job(id, status, code, now, ttl)
  redis.call('ZREM', leases, id)
  local r = redis.call('HMGET', record, 'client_set', 'lane', 'admitted', 'claimed', 'binding', 'done', 'line')
  if r[1] ~= '' then redis.call('SREM', r[1], id) end
  if r[4] then note_end(r[2], now - r[3]) end
  redis.call('DEL', payload)
  redis.call('HSET', record, 'status', status, 'code', code, 'ended', now)
  redis.call('PEXPIRE', record, ttl)
  redis.call('PEXPIRE', log, ttl)
  tell_monitor(id)
  -- Its idempotency key is of no use without it; one that was free again may stand for another job by now.
  if r[5] and redis.call('HGET', r[5], 'job') == id then redis.call('PEXPIRE', r[5], ttl) end
  -- The keeper hears of a batch's lines by a list, with the end itself.
  if r[6] and redis.call('RPUSH', r[6], r[7] .. ' ' .. id .. ' ' .. status .. ' ' .. code) == 1 then
    redis.call('PEXPIRE', r[6], ttl)
  end
end

-- Ends a job that no worker will end, with `entry` as the last of its log.
local function close_job(id, status, code, entry, now)
  local r = redis.call('HMGET', record, 'seq', 'reply_to', 'ttl')
  local seq = tonumber(r[1]) + 1
  add_entry(id, seq, entry, r[2])
  redis.call('HSET', record, 'seq', seq)
  leave_waiting(id)
  end_job(id, status, code, now, r[3])
end

-- Cancels a job that has not ended: a queued one ends here with `entry`, a running one's worker is told. Answers the
-- status it is in now, or nil without a record.
local function cancel_job(id, entry, control, now)
  local status = redis.call('HGET', record, 'status')
  if status == 'queued' then
    close_job(id, 'cancelled', 'cancelled', entry, now)
    return 'cancelled'
  end
  if status == 'running' then
    redis.call('HSET', record, 'cancel', 1)
    redis.call('PUBLISH', control, id)
    tell_monitor(id)
  end
  return status
end
