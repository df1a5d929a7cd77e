-- Lends the best token, or says why none can be lent.
-- ARGV: nonce, ttl ms, lane, shares per token (0: no limit), switch ('' no, 'first' ask, asked 'again'),
--       the id that is wanted ('' any), tried ids
-- Reply: {'lease', lease id, token id, bearer, generation, tier, ready tokens, stale tokens due a refresh}
--        {reason, ms until it may change, detail, stale tokens due a refresh}
-- include: pool
local nonce, ttl, lane, limit, switch = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4]), ARGV[5]
local wanted, tried = ARGV[6], {}
for i = 7, #ARGV do tried[ARGV[i]] = true end

-- The token that is wanted, if it has a free share and the job has not tried it.
local function wish(spare)
  local score = wanted ~= '' and not tried[wanted] and redis.call('ZSCORE', READY, wanted)
  if not score then return nil end
  if limit > 0 and limit - math.floor(tonumber(score) / USES) % MOST < spare then return nil end
  return wanted
end

-- The best token with a free share; one the job has tried only when there is no other (it has had its rest by then).
-- A batch lease needs a second free share to leave behind.
local function choose()
  local free, best, second_best, at = 0, nil, nil, 0
  local spare = lane == 'batch' and 2 or 1
  local wished = wish(spare)
  if wished then return wished end
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

-- Nothing to lend: the most hopeful reason. A pool of cooling tokens is asked often, so that is answered without
-- looking at all of them.
local function refusal(now, due)
  local function answer(reason, till, detail)
    return {reason, math.max(0, (till or now) - now), detail or '', due}
  end
  if redis.call('EXISTS', READY) == 1 then return answer('busy') end
  local stale, cause
  for _, id in ipairs(redis.call('ZRANGE', STALE, 0, -1)) do
    local facts = redis.call('HMGET', TOKEN .. id, 'lock', 'lock_until', 'not_before', 'cause')
    if facts[1] ~= '' and tonumber(facts[2]) > now then return answer('refreshing') end
    stale, cause = math.min(stale or math.huge, tonumber(facts[3])), facts[4]
  end
  local soonest, exhausted
  local resting = redis.call('ZRANGE', RESTING, 0, -1, 'WITHSCORES')
  for i = 1, #resting, 2 do
    local reason, till = redis.call('HGET', TOKEN .. resting[i], 'rest'), tonumber(resting[i + 1])
    if reason == 'exhausted' then exhausted = exhausted or till else soonest = soonest or till end
    if reason == 'cooling' then return answer('cooling', soonest) end
  end
  if stale then return answer('stale', stale, cause) end
  if soonest then return answer('quarantined', soonest) end
  if exhausted then return answer('exhausted', exhausted) end
  local dead, blocked, paused = 0, 0, 0
  for _, id in ipairs(redis.call('SMEMBERS', TOKENS)) do
    local facts = redis.call('HMGET', TOKEN .. id, 'status', 'cause')
    if facts[1] == 'paused' then
      paused = paused + 1
    elseif facts[1] == 'dead' then
      dead = dead + 1
      if facts[2] == 'blocked' then blocked = blocked + 1 end
    end
  end
  if dead > 0 then return answer('dead', now, blocked == dead and 'blocked' or '') end
  if paused > 0 then return answer('paused') end
  return answer('empty')
end

-- An anonymous identity has a number of calls for its whole life. Each lease is one; the last leaves it exhausted for
-- good. Reply: whether there was one left.
local function take_call(id, now)
  local left = tonumber(redis.call('GET', TOKEN .. id .. ':calls') or 0)
  if left > 0 then left = redis.call('DECR', TOKEN .. id .. ':calls') else left = -1 end
  if left <= 0 then
    local token = load(id)
    rest(token, 'exhausted', FOREVER)
    settle(id, token, now)
  end
  return left >= 0
end

local now = now_ms()
tidy(now)
local id, facts = choose(), nil
while id do
  facts = redis.call('HMGET', TOKEN .. id, 'expires', 'tier', 'in_flight', 'epoch', 'generation', 'bearer', 'kind')
  local expires = tonumber(facts[1])
  if expires > 0 and expires <= now then
    settle(id, load(id), now)
  elseif facts[7] ~= 'anonymous' or take_call(id, now) then
    break
  end
  id = choose()
end
local due = redis.call('ZCOUNT', STALE, '-inf', now)
if switch == 'first' then count('switches', id and facts[2] or 0) end
if not id then return refusal(now, due) end

local tier, in_flight = tonumber(facts[2]), tonumber(facts[3]) + 1
local used = count('requests', facts[2])
local lease = id .. ':' .. facts[4] .. ':' .. (switch == '' and '-' or 's') .. ':' .. nonce
redis.call('HSET', TOKEN .. id, 'in_flight', in_flight, 'used', used)
redis.call('ZADD', READY, 'XX', rank(tier, in_flight, used), id)
redis.call('ZADD', LEASES, now + ttl, lease)
return {'lease', lease, id, facts[6], tonumber(facts[5]), tier, redis.call('ZCARD', READY), due}
