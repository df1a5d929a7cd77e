-- A worker process of a lane says that it is there, and how many jobs it runs of how many it may. Those silent for a
-- minute are forgotten.
local function beat(lane, worker, running, concurrency, now)
  local loads, gone = lane .. ':loads', now - 60000
  redis.call('ZADD', lane, now, worker)
  redis.call('HSET', loads, worker, running .. ':' .. concurrency)
  for _, silent in ipairs(redis.call('ZRANGE', lane, '-inf', gone, 'BYSCORE')) do redis.call('HDEL', loads, silent) end
  redis.call('ZREMRANGEBYSCORE', lane, '-inf', gone)
  redis.call('PEXPIRE', lane, 60000)
  redis.call('PEXPIRE', loads, 60000)
end
