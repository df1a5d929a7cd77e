-- include: clock
-- include: continuations
-- KEYS: index, sizes, bytes, counts
-- ARGV: prefix of the entries' keys, id, frame, data, ttl ms, most bytes of all entries, what to count ('' nothing)
-- Oldest entries make room. All of them live equally long, so the list and its sum need not outlive the newest.
local data, ttl, most = ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
local now = now_ms()

forget(id)
if #data > most then return 0 end
for _, old in ipairs(redis.call('ZRANGE', index, '-inf', now - ttl, 'BYSCORE')) do forget(old) end
while (tonumber(redis.call('GET', bytes)) or 0) + #data > most do
  local oldest = redis.call('ZRANGE', index, 0, 0)[1]
  forget(oldest)
end

redis.call('HSET', prefix .. id, 'frame', ARGV[3], 'data', data)
redis.call('ZADD', index, now, id)
redis.call('HSET', sizes, id, #data)
redis.call('INCRBY', bytes, #data)
for _, key in ipairs({prefix .. id, index, sizes, bytes}) do redis.call('PEXPIRE', key, ttl) end
if ARGV[7] ~= '' then redis.call('HINCRBY', counts, ARGV[7], 1) end
return 1
