-- Forgets tokens and their leases. ARGV: ids. Reply: how many there were
-- include: pool
local gone = {}
for _, id in ipairs(ARGV) do gone[id] = redis.call('SREM', TOKENS, id) == 1 or nil end
for _, lease in ipairs(redis.call('ZRANGE', LEASES, 0, -1)) do
  local id = parse(lease)
  if id and gone[id] then redis.call('ZREM', LEASES, lease) end
end
local dropped = 0
for id in pairs(gone) do
  redis.call('ZREM', READY, id)
  redis.call('ZREM', RESTING, id)
  redis.call('ZREM', STALE, id)
  redis.call('DEL', TOKEN .. id)
  dropped = dropped + 1
end
return dropped
