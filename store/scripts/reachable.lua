-- Since when (ms) somebody of the deployment has been reaching this server without a long break. A break shorter than
-- two thirds of a lease cannot have let the lease of a living worker run out: it renews three times in each.
local function reachable_since(key, now, lease)
  local since = tonumber(redis.call('GET', key)) or now
  redis.call('SET', key, since, 'PX', math.floor(lease * 2 / 3))
  return since
end
