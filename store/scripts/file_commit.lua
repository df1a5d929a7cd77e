-- include: file
-- ARGV: id, client, filename, purpose, bytes, ttl ms, whether it is listed (0|1), its parts, each encoded
-- May be sent again. Answers the file, or nothing when the upload was given up meanwhile.
local id = ARGV[1]
if redis.call('ZREM', uploads, id) == 1 then
  for each = 8, #ARGV do redis.call('RPUSH', parts_key(id), ARGV[each]) end
  add_file(id, ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7])
end
return file_row(id, now_ms())
