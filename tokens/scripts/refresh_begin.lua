-- Takes the right to refresh a token, for one attempt; the holder may take it again for its next attempt.
-- ARGV: id, owner, lock ms, the generation that needs refreshing (-1: whatever is there), 1 if told 'held' before
-- Reply: {'mine', attempt, generation, kind, bearer, refresh token, account, source, 1 if an earlier attempt never ended}
--        {'held', generation}, {'newer'} (somebody has refreshed it already), {'failed'} (whom the caller waited for had no luck, or
--        the token sits in quarantine: the refreshed bearer was refused too, and a third will not do better),
--        {'gone'}, {'dead', cause}
-- include: pool
local id, owner, lock_ms, wanted = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local now = now_ms()
local token = load(id)
if not token then return {'gone'} end
if wanted >= 0 and token.generation > wanted then return {'newer'} end
if token.status ~= 'live' then return {'dead', token.cause} end
if wanted >= 0 and state(token, now) == 'quarantined' then return {'failed'} end
if token.lock ~= '' and token.lock ~= owner and token.lock_until > now then return {'held', token.generation} end
if token.lock == '' and ARGV[5] == '1' then return {'failed'} end
local unfinished = token.lock ~= '' and token.lock ~= owner and 1 or 0
token.attempt = math.max(token.attempt, token.generation) + 1
token.lock, token.lock_until = owner, now + lock_ms
save(id, token)
redis.call('ZADD', STALE, 'XX', token.lock_until, id)  -- nobody else need try before that
local facts = redis.call('HMGET', TOKEN .. id, 'kind', 'bearer', 'refresh', 'account', 'source')
return {'mine', token.attempt, token.generation, facts[1], facts[2], facts[3], facts[4], facts[5], unfinished}
