-- What the verbs of the pool share. `tokens/pool.py` documents the keys.
-- A token's hash holds facts; `settle` derives from them the one set in which the token stands:
-- READY (to lend), RESTING (comes back by itself), STALE (comes back by a refresh), or none (dead, withdrawn, paused).
local READY, RESTING, STALE, LEASES = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local TOKENS, STATS, TOKEN = KEYS[5], KEYS[6], KEYS[7]

-- The score in READY is the order of lending: tier, then leases in flight, then least recently used.
-- 3 + 14 + 36 bits, so that a double holds it exactly.
local MOST, USES = 16384, 68719476736

-- The end of the year 9999, in ms.
local FOREVER = 253402300799000

-- The facts of a token but its secrets and labels; the first so many are numbers. Built anew for each call of a
-- script, so these stay plain literals.
local FIELDS = {'tier', 'generation', 'attempt', 'in_flight', 'used', 'epoch', 'strikes', 'suspect', 'refreshable',
  'stale', 'expires', 'rest_until', 'not_before', 'failures', 'lock_until', 'status', 'cause', 'rest', 'lock', 'print'}
local NUMBERS = 15

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function rank(tier, in_flight, used)
  return (tier * MOST + math.min(in_flight, MOST - 1)) * USES + used % USES
end

local function count(name, tier)
  return redis.call('HINCRBY', STATS, name .. ':' .. tier, 1)
end

-- All of FIELDS by name, or nil.
local function load(id)
  local values = redis.call('HMGET', TOKEN .. id, unpack(FIELDS))
  if not values[NUMBERS + 1] then return nil end
  local token = {}
  for i = 1, NUMBERS do token[FIELDS[i]] = tonumber(values[i]) or 0 end
  for i = NUMBERS + 1, #FIELDS do token[FIELDS[i]] = values[i] or '' end
  return token
end

local function save(id, token)
  local pairs_ = {}
  for _, name in ipairs(FIELDS) do
    pairs_[#pairs_ + 1] = name
    pairs_[#pairs_ + 1] = token[name]
  end
  redis.call('HSET', TOKEN .. id, unpack(pairs_))
end

local function die(token, cause)
  token.status, token.cause = 'dead', cause
end

-- The longer rest wins.
local function rest(token, reason, till)
  if till > token.rest_until then token.rest, token.rest_until = reason, till end
end

-- Where the token stands now: 'ready', 'cooling', 'exhausted', 'quarantined', 'stale', 'dead', 'withdrawn' or 'paused'.
local function state(token, now)
  if token.status ~= 'live' then return token.status end
  if token.rest_until > now then return token.rest end
  if token.stale == 1 then return 'stale' end
  return 'ready'
end

-- Writes the facts back and moves the token to where they say.
local function settle(id, token, now)
  if token.status == 'live' and token.expires > 0 and token.expires <= now then
    if token.refreshable == 1 then token.stale = 1 else die(token, 'expired') end
  end
  save(id, token)
  local stands = state(token, now)
  redis.call('ZREM', READY, id)
  redis.call('ZREM', RESTING, id)
  redis.call('ZREM', STALE, id)
  if stands == 'ready' then
    redis.call('ZADD', READY, rank(token.tier, token.in_flight, token.used), id)
  elseif stands == 'stale' then
    redis.call('ZADD', STALE, token.not_before, id)
  elseif token.status == 'live' then
    redis.call('ZADD', RESTING, token.rest_until, id)
  end
  return stands
end

-- The other tokens of the token's account: the upstream's limits and blocks are the account's, not the token's.
local function siblings(id)
  local account, found = redis.call('HGET', TOKEN .. id, 'account'), {}
  if not account or account == '' then return found end
  for _, other in ipairs(redis.call('SMEMBERS', TOKENS)) do
    if other ~= id and redis.call('HGET', TOKEN .. other, 'account') == account then found[#found + 1] = other end
  end
  return found
end

-- A lease id is <token id>:<epoch>:<s if it was a switch, else ->:<nonce>.
local function parse(lease)
  return string.match(lease, '^([^:]+):(%d+):(.):')
end

-- One lease of the token less; false if the token is gone.
local function give_back(id)
  local facts = redis.call('HMGET', TOKEN .. id, 'tier', 'in_flight', 'used')
  if not facts[1] then return false end
  local in_flight = math.max(0, tonumber(facts[2]) - 1)
  redis.call('HSET', TOKEN .. id, 'in_flight', in_flight)
  redis.call('ZADD', READY, 'XX', rank(tonumber(facts[1]), in_flight, tonumber(facts[3])), id)
  return true
end

-- What time alone changes: leases nobody renewed come back, rested tokens wake.
local function tidy(now)
  for _, lease in ipairs(redis.call('ZRANGEBYSCORE', LEASES, '-inf', now)) do
    redis.call('ZREM', LEASES, lease)
    local id = parse(lease)
    if id then give_back(id) end
  end
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', RESTING, '-inf', now)) do
    local token = load(id)
    if token then settle(id, token, now) else redis.call('ZREM', RESTING, id) end
  end
end
