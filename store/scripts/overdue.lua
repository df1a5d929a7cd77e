-- KEYS: leases, waiting, since when reapers have looked without a break. ARGV: most, lease ms, longest break ms
-- After a break, which may have been one of everybody's, nothing is overdue for a whole lease: workers come first.
-- Answers {ids whose lease has expired, ids that waited past their deadline}, at most `most` of each.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local since = tonumber(redis.call('GET', KEYS[3])) or now
redis.call('SET', KEYS[3], since, 'PX', ARGV[3])
if now - since < tonumber(ARGV[2]) then return {{}, {}} end
return {
  redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1]),
  redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ARGV[1]),
}
