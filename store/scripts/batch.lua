-- include: clock
-- What the verbs of the keeper that runs the batches share: the names of a batch's keys, in the order of BatchKeys after
-- that of the lease, and the fence. Each answers 'lost' to a keeper that no longer holds the lease.
local record, running, done, retry, out, err = KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]

local function is_mine()
  return redis.call('GET', KEYS[1]) == ARGV[1]
end

-- The job that a line is with, the first element of its record. To decode the rest would take long where lines share.
local function job_of(taken)
  return string.match(taken, '^%["(%w*)"')
end

-- A batch's keys live as long as its record.
local function keep_with_record(...)
  local at = redis.call('PEXPIRETIME', record)
  if at < 0 then return end
  for _, key in ipairs({...}) do redis.call('PEXPIREAT', key, at) end
end
