-- KEYS: record, open batches, the client's batches
-- ARGV: id, creation (ms), when it is forgotten (ms), then names and values of the record's fields
-- May be sent again.
if redis.call('EXISTS', KEYS[1]) == 1 then return end
redis.call('HSET', KEYS[1], unpack(ARGV, 4))
redis.call('PEXPIREAT', KEYS[1], ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
redis.call('ZADD', KEYS[3], ARGV[2], ARGV[1])
redis.call('PEXPIREAT', KEYS[3], ARGV[3])
