-- All that may be shown of the pool, never a secret. KEYS: as always, then the refill hash.
-- Reply: {now ms, counters (name, value, ...), what the sources can give or '', passes done, a row a token}
-- include: pool
local now = now_ms()
tidy(now)
local rows = {}
for _, id in ipairs(redis.call('SMEMBERS', TOKENS)) do
  local token = load(id)
  if state(token, now) == 'ready' and token.expires > 0 and token.expires <= now then settle(id, token, now) end
  local facts = redis.call('HMGET', TOKEN .. id, 'source', 'kind', 'account', 'withdrawn')
  rows[#rows + 1] = {id, token.tier, facts[1], facts[2], facts[3], state(token, now), token.cause, token.in_flight,
    token.expires, token.rest_until, token.generation, token.refreshable, token.stale, token.not_before,
    token.strikes, tonumber(facts[4]) or 0}
end
local refill = redis.call('HMGET', KEYS[8], 'capacity', 'passes')
return {now, redis.call('HGETALL', STATS), refill[1] or '', tonumber(refill[2]) or 0, rows}
