-- include: batch
-- KEYS: the lease, those of the batch, the open batches, those that ended last
-- ARGV: nonce, id, status it must be in, status it comes to, final (0|1), then names and values of other fields
-- Answers 'ok', or 'moved' when it is in another status.
if not is_mine() then return 'lost' end
if redis.call('HGET', record, 'status') ~= ARGV[3] then return 'moved' end
local now = now_ms()
redis.call('HSET', record, 'status', ARGV[4], ARGV[4] .. '_at', now, unpack(ARGV, 6))
if ARGV[5] == '1' then
  redis.call('ZREM', KEYS[8], ARGV[2])
  redis.call('DEL', running, done, retry)
  redis.call('ZADD', KEYS[9], now, ARGV[2])
  redis.call('ZREMRANGEBYRANK', KEYS[9], 0, -51)
  redis.call('EXPIRE', KEYS[9], 86400)
end
return 'ok'
