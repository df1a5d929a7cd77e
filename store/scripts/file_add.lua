-- include: file
-- KEYS: the terms, the list of parts that becomes the file's
-- ARGV: id, client, filename, purpose, bytes, ttl ms, whether it is listed (0|1)
-- May be sent again, also after the file was deleted: it has no parts to come back with then, and stays away.
local id, parts = ARGV[1], KEYS[4]
if redis.call('EXISTS', file_key(id)) == 1 or redis.call('EXISTS', parts) == 0 then return end
redis.call('RENAME', parts, parts_key(id))
redis.call('PERSIST', parts_key(id))
add_file(id, ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7])
