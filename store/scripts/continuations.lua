-- What both verbs share. The list and its sum change together, and the sum is cleared with the list: it cannot drift.
local index, sizes, bytes, counts = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local prefix, id = ARGV[1], ARGV[2]

local function forget(member)
  if redis.call('ZREM', index, member) == 1 then
    redis.call('DECRBY', bytes, redis.call('HGET', sizes, member) or 0)
    redis.call('HDEL', sizes, member)
  end
  redis.call('UNLINK', prefix .. member)
  if redis.call('EXISTS', index) == 0 then redis.call('DEL', sizes, bytes) end
end
