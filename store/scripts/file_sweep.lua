-- include: file
-- ARGV: how many at most
-- Dooms the files whose time is over and the uploads that were given up; answers the ids of doomed files.
local now = now_ms()
for _, list in ipairs({uploads, expiry}) do
  for _, id in ipairs(redis.call('ZRANGE', list, '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[1])) do doom_file(id, now) end
end
return redis.call('ZRANGE', doomed, 0, ARGV[1] - 1)
