-- Lends the best token, or says why none can be lent.
-- ARGV: nonce, ttl ms, lane, shares per token (0: no limit), switch ('' no, 'first' ask, asked 'again'), tried ids
-- Reply: {'lease', lease id, token id, bearer, generation, tier, ready tokens, stale tokens due a refresh}
--        {reason, ms until it may change, detail, stale tokens due a refresh}
-- include: pool
local nonce, ttl, lane, limit, switch = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4]), ARGV[5]
local tried = {}
for i = 6, #ARGV do tried[ARGV[i]] = true end

-- The best token with a free share; one the job has tried only when there is no other (it has had its rest by then).
-- A batch lease needs a second free share to leave behind.
local function choose()
  local free, best, second_best, at = 0, nil, nil, 0
  local spare = lane == 'batch' and 2 or 1
  while true do
    local page = redis.call('ZRANGE', READY, at, at + 7, 'WITHSCORES')
    for i = 1, #page, 2 do
      local shares = 2
      if limit > 0 then shares = limit - math.floor(tonumber(page[i + 1]) / USES) % MOST end
      if shares > 0 then
        free = free + shares
        if not tried[page[i]] then best = best or page[i] else second_best = second_best or page[i] end
        if best and free >= spare then return best end
      end
    end
    if #page < 16 then break end
    at = at + 8
  end
  if free >= spare then return best or second_best end
  return nil
end

-- Nothing to lend: the most hopeful reason.
local function refusal(now, due)
  local soonest, seen, blocked, dead, cause = {}, {}, 0, 0, ''
  for _, id in ipairs(redis.call('SMEMBERS', TOKENS)) do
    local token = load(id)
    local stands = state(token, now)
    seen[stands] = true
    if stands == 'dead' then
      dead = dead + 1
      if token.cause == 'blocked' then blocked = blocked + 1 end
    elseif stands == 'stale' then
      cause = token.cause
      if token.lock ~= '' and token.lock_until > now then seen.refreshing = true end
      soonest.stale = math.min(soonest.stale or math.huge, token.not_before)
    elseif token.rest_until > now then
      soonest[stands] = math.min(soonest[stands] or math.huge, token.rest_until)
    end
  end
  local function answer(reason, till, detail)
    return {reason, math.max(0, (till or now) - now), detail or '', due}
  end
  if seen.ready then return answer('busy') end
  if seen.refreshing then return answer('refreshing') end
  if seen.cooling then
    return answer('cooling', math.min(soonest.cooling, soonest.quarantined or math.huge))
  end
  if seen.stale then return answer('stale', soonest.stale, cause) end
  if seen.quarantined then return answer('quarantined', soonest.quarantined) end
  if seen.exhausted then return answer('exhausted', soonest.exhausted) end
  if seen.dead then return answer('dead', now, blocked == dead and 'blocked' or '') end
  return answer('empty')
end

local now = now_ms()
tidy(now)
local id, facts = choose(), nil
while id do
  facts = redis.call('HMGET', TOKEN .. id, 'expires', 'tier', 'in_flight', 'epoch', 'generation', 'bearer')
  local expires = tonumber(facts[1])
  if expires == 0 or expires > now then break end
  settle(id, load(id), now)
  id = choose()
end
local due = redis.call('ZCOUNT', STALE, '-inf', now)
if switch == 'first' then count('switches', id and facts[2] or 0) end
if not id then return refusal(now, due) end

local tier, in_flight = tonumber(facts[2]), tonumber(facts[3]) + 1
local used = count('requests', facts[2])
local lease = id .. ':' .. facts[4] .. ':' .. (switch == '' and '-' or 's') .. ':' .. nonce
redis.call('HSET', TOKEN .. id, 'in_flight', in_flight, 'used', used)
redis.call('ZADD', READY, rank(tier, in_flight, used), id)
redis.call('ZADD', LEASES, now + ttl, lease)
return {'lease', lease, id, facts[6], tonumber(facts[5]), tier, redis.call('ZCARD', READY), due}
