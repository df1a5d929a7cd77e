-- Extends many leases; ARGV: ttl ms, lease ids. Reply: the ids that are lost, because they had run out before.
-- include: pool
local till = now_ms() + tonumber(ARGV[1])
local lost = {}
for i = 2, #ARGV do
  if redis.call('ZADD', LEASES, 'XX', 'CH', till, ARGV[i]) == 0 and not redis.call('ZSCORE', LEASES, ARGV[i]) then
    lost[#lost + 1] = ARGV[i]
  end
end
return lost
