-- include: clock
-- KEYS: record, leases, heartbeats of both lanes, waiting. ARGV: id, heartbeat age ms
-- Where a job's log ends, whether somebody works on it, and, while it is queued, its place in its lane (from 1) and how
-- long that may take (ms, -1 if nothing is known). Answers {seq, status, alive (0|1), place or 0, wait}, or nil without
-- a record.
local now = now_ms()
local r = redis.call('HMGET', KEYS[1], 'seq', 'status', 'lane')
if not r[2] then return false end
local alive, place, wait = 0, 0, -1
if r[2] == 'running' then
  local lease = redis.call('ZSCORE', KEYS[2], ARGV[1])
  if lease and tonumber(lease) > now then alive = 1 end
elseif r[2] == 'queued' then
  local beats = r[3] == 'batch' and KEYS[4] or KEYS[3]
  if redis.call('ZCOUNT', beats, now - tonumber(ARGV[2]), '+inf') > 0 then alive = 1 end
  local list = KEYS[5] .. ':' .. r[3]
  local rank = redis.call('ZRANK', list, ARGV[1])
  if rank then
    place = rank + 1
    local pace = redis.call('HMGET', list .. ':pace', 'last', 'every')
    -- A lane that stands still does not get better by what it was.
    local still = pace[1] and now - tonumber(pace[1]) or 0
    if alive == 1 and pace[2] then wait = math.floor(math.max(place * tonumber(pace[2]), still)) end
  end
end
return {tonumber(r[1]), r[2], alive, place, wait}
