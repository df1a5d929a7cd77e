-- KEYS: record, leases, heartbeats of both lanes. ARGV: id, heartbeat age ms
-- Where a job's log ends and whether somebody works on it. Answers {seq, status, alive (0|1)}, or nil without a record.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local r = redis.call('HMGET', KEYS[1], 'seq', 'status', 'lane')
if not r[2] then return false end
local alive = 0
if r[2] == 'running' then
  local lease = redis.call('ZSCORE', KEYS[2], ARGV[1])
  if lease and tonumber(lease) > now then alive = 1 end
elseif r[2] == 'queued' then
  local beats = r[3] == 'batch' and KEYS[4] or KEYS[3]
  if redis.call('ZCOUNT', beats, now - tonumber(ARGV[2]), '+inf') > 0 then alive = 1 end
end
return {tonumber(r[1]), r[2], alive}
