-- All that may be shown of the pool, never a secret. KEYS: as always, then the refill hash.
-- Reply: {now ms, counters (name, value, ...), what the sources can give or '', passes done, a row a token}
-- A row: id, where it stands, then the fields below as they are stored.
-- include: pool
local now = now_ms()
tidy(now)
local rows = {}
for _, id in ipairs(redis.call('SMEMBERS', TOKENS)) do
  local row = redis.call('HMGET', TOKEN .. id, 'status', 'rest', 'rest_until', 'stale', 'tier', 'source', 'kind', 'account',
    'cause', 'in_flight', 'expires', 'generation', 'refreshable', 'not_before', 'strikes', 'withdrawn', 'last_at', 'last')
  local token = {status = row[1], rest = row[2], rest_until = tonumber(row[3]), stale = tonumber(row[4])}
  local stands = state(token, now)
  local expires = tonumber(row[11])
  if stands == 'ready' and expires > 0 and expires <= now then
    stands = settle(id, load(id), now)
    row[4], row[9] = stands == 'stale' and '1' or '0', redis.call('HGET', TOKEN .. id, 'cause')
  end
  rows[#rows + 1] = {id, stands, row}
end
local refill = redis.call('HMGET', KEYS[8], 'capacity', 'passes')
return {now, redis.call('HGETALL', STATS), refill[1] or '', tonumber(refill[2]) or 0, rows}
