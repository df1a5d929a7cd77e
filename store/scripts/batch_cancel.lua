-- include: clock
-- KEYS: record
-- What has not come to its end is to be cancelled: the keeper sees to it.
local status = redis.call('HGET', KEYS[1], 'status')
if status == 'validating' or status == 'in_progress' then
  redis.call('HSET', KEYS[1], 'status', 'cancelling', 'cancelling_at', now_ms())
end
