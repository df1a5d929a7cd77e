-- KEYS: record, open batches, the client's batches
-- ARGV: id, creation (ms), when it is forgotten (ms), digest of the request or '', then names and values of the record's
--       fields
-- May be sent again. Answers 'ok', or 'reused' when the batch was made of another request.
if redis.call('EXISTS', KEYS[1]) == 1 then
  return redis.call('HGET', KEYS[1], 'request') == ARGV[4] and 'ok' or 'reused'
end
redis.call('HSET', KEYS[1], 'request', ARGV[4], unpack(ARGV, 5))
redis.call('PEXPIREAT', KEYS[1], ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
redis.call('ZADD', KEYS[3], ARGV[2], ARGV[1])
redis.call('PEXPIREAT', KEYS[3], ARGV[3])
return 'ok'
