-- Takes tokens out that their source no longer offers, and keeps what is known of them: an offer brings them back.
-- ARGV: ids. Reply: how many changed
-- include: pool
local now, changed = now_ms(), 0
for _, id in ipairs(ARGV) do
  local token = load(id)
  if token and token.status == 'live' then
    token.status = 'withdrawn'
    settle(id, token, now)
    redis.call('HSET', TOKEN .. id, 'withdrawn', now)
    changed = changed + 1
  end
end
return changed
