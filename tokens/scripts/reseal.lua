-- Stores a token's two secrets sealed anew, unless they changed since they were read.
-- ARGV: id, bearer and refresh token as they were read, both as they are to be. Reply: 1, or 0 if they had changed
-- include: pool
local stored = redis.call('HMGET', TOKEN .. ARGV[1], 'bearer', 'refresh')
if stored[1] ~= ARGV[2] or stored[2] ~= ARGV[3] then return 0 end
redis.call('HSET', TOKEN .. ARGV[1], 'bearer', ARGV[4], 'refresh', ARGV[5])
return 1
