-- Gives a lease back with what its holder learned; only once, and only by the holder.
-- ARGV: lease id, verdict, rest ms (for rate_limited and quota), 'keep' if the holder goes on holding it
-- Reply: {'gone'}, or {where the token stands, cause}; where it stands is '' when the verdict changed nothing
-- A verdict about the bearer (ok, unauthorized) counts only if nothing was decided about it since the lease began
-- (the epoch): fifty chats refused at once are one refusal. A limit or a block is the account's: its other tokens share it.
-- include: pool
local lease, verdict, rest_ms = ARGV[1], ARGV[2], tonumber(ARGV[3])
local QUARANTINE, LONGEST, LAST_STRIKE = 60000, 3600000, 5

local id, epoch, switched = parse(lease)
if ARGV[4] == 'keep' then
  if not redis.call('ZSCORE', LEASES, lease) then return {'gone'} end
else
  if redis.call('ZREM', LEASES, lease) == 0 or not give_back(id) then return {'gone'} end
end
if verdict == 'neutral' then return {'', ''} end

if verdict == 'ok' then
  local facts = redis.call('HMGET', TOKEN .. id, 'epoch', 'strikes', 'suspect', 'tier')
  if switched == 's' then count('successful_switches', facts[4]) end
  if facts[1] == epoch and (facts[2] ~= '0' or facts[3] ~= '0') then
    redis.call('HSET', TOKEN .. id, 'strikes', 0, 'suspect', 0)
  end
  return {'', ''}
end

local now = now_ms()
local token = load(id)

-- What is true of the whole account; false if the verdict is about the bearer alone.
local function limit(each)
  if verdict == 'rate_limited' then
    rest(each, 'cooling', now + rest_ms)
  elseif verdict == 'quota' then
    rest(each, 'exhausted', now + rest_ms)
  elseif verdict == 'blocked' then
    die(each, 'blocked')
  else
    return false
  end
  return true
end

redis.call('HSET', TOKEN .. id, 'last', verdict, 'last_at', now)
if verdict == 'rate_limited' then count('rate_limited', token.tier) end
if limit(token) then
  for _, other in ipairs(siblings(id)) do
    local each = load(other)
    if each.status ~= 'withdrawn' then
      limit(each)
      settle(other, each, now)
    end
  end
elseif verdict == 'unauthorized' and token.status == 'live' and token.epoch == tonumber(epoch) then
  token.epoch = token.epoch + 1
  if token.refreshable == 1 and token.suspect == 0 then
    token.stale, token.suspect, token.not_before = 1, 1, 0
  else
    token.strikes = token.strikes + 1
    if token.strikes >= LAST_STRIKE then
      die(token, 'refused')
    else
      rest(token, 'quarantined', now + math.min(LONGEST, QUARANTINE * 2 ^ (token.strikes - 1)))
    end
  end
end
return {settle(id, token, now), token.cause}
