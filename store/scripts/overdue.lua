-- include: clock
-- include: reachable
-- KEYS: leases, waiting, since when the store is reachable. ARGV: most, lease ms
-- After a break, which may have been one of everybody's, nothing is overdue for a whole lease: workers come first.
-- Answers {ids whose lease has expired, ids that waited past their deadline}, at most `most` of each.
local now = now_ms()
local lease = tonumber(ARGV[2])
if now - reachable_since(KEYS[3], now, lease) < lease then return {{}, {}} end
return {
  redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1]),
  redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ARGV[1]),
}
