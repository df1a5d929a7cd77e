-- A process says that it is there; one of them at a time gets the turn to renew what the deployment has borrowed.
-- KEYS: the processes (zset, by when they count as gone), the turn. ARGV: process, ms until it counts as gone, ms of a turn
-- Reply: 1 if it is this process' turn
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
return redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[3]) and 1 or 0
