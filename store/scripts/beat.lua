-- include: clock
-- KEYS: the replicas by last heartbeat. ARGV: channel
-- A front door says that it is there; those silent for a minute are forgotten.
local now = now_ms()
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 60000)
redis.call('PEXPIRE', KEYS[1], 60000)
