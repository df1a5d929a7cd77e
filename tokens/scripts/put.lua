-- Adds a token, or replaces its credential by a newer one. Bearer and refresh token change together.
-- ARGV: id, generation, tier, source, kind, account, expires ms (0: never), refreshable, bearer, refresh token, print
-- Generation 0 is what a source offers; a refresh stores the number `refresh_begin` gave it. The higher one wins, so
-- a rotated refresh token is never overwritten by the environment value it came from, nor by a refresh begun earlier.
-- The print tells whether an offer of the same generation is the same (sealed secrets differ each time).
-- Reply: {'created' | 'replaced' | 'kept', where the token stands}
-- include: pool
local id, generation = ARGV[1], tonumber(ARGV[2])
local now = now_ms()
local token = load(id)
local told = 'replaced'
if not token then
  told = 'created'
  token = {}
  for i, name in ipairs(FIELDS) do token[name] = i <= NUMBERS and 0 or '' end
  token.status, token.tier, token.generation = 'live', tonumber(ARGV[3]), -1
  redis.call('SADD', TOKENS, id)
  count('tokens_created', token.tier)
end
if token.status == 'withdrawn' and generation == 0 then token.status = 'live' end

local newer = generation > token.generation or (generation == 0 and token.generation == 0 and ARGV[11] ~= token.print)
if not newer then return {'kept', settle(id, token, now)} end

if generation > 0 then
  count('refreshes', token.tier)
  token.attempt = math.max(token.attempt, generation)
  if token.attempt == generation then token.lock, token.lock_until = '', 0 end
end
if token.status == 'dead' and token.cause ~= 'blocked' then token.status, token.strikes = 'live', 0 end
if token.status ~= 'dead' then token.cause = '' end
token.generation, token.print, token.epoch = generation, ARGV[11], token.epoch + 1
token.tier, token.expires, token.refreshable = tonumber(ARGV[3]), tonumber(ARGV[7]), tonumber(ARGV[8])
token.stale = ARGV[9] == '' and 1 or 0
token.not_before, token.failures = 0, 0
redis.call('HSET', TOKEN .. id, 'source', ARGV[4], 'kind', ARGV[5], 'account', ARGV[6], 'bearer', ARGV[9], 'refresh', ARGV[10])
-- What has befallen the account has befallen this token as well.
for _, other in ipairs(siblings(id)) do
  local known = redis.call('HMGET', TOKEN .. other, 'status', 'cause', 'rest', 'rest_until')
  if known[1] == 'dead' and known[2] == 'blocked' then die(token, 'blocked') end
  if known[3] == 'cooling' or known[3] == 'exhausted' then rest(token, known[3], tonumber(known[4])) end
end
return {told, settle(id, token, now)}
