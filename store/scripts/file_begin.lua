-- include: file
-- ARGV: id, ms until the upload is given up
redis.call('ZADD', uploads, now_ms() + ARGV[2], ARGV[1])
