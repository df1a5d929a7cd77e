-- include: file
-- ARGV: id, client
-- Answers 1, or 0 when the client has no such file.
if redis.call('HGET', file_key(ARGV[1]), 'client') ~= ARGV[2] then return 0 end
doom_file(ARGV[1], now_ms())
return 1
