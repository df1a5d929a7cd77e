-- Gives a lease back with what its holder learned; only once, and only by the holder.
-- ARGV: lease id, verdict, rest ms (for rate_limited and quota)
-- Reply: {'gone'}, or {where the token stands, cause}; where it stands is '' when the verdict changed nothing
-- A verdict about the bearer (ok, unauthorized) counts only if nothing was decided about it since the lease began
-- (the epoch): fifty chats refused at once are one refusal.
-- include: pool
local lease, verdict, rest_ms = ARGV[1], ARGV[2], tonumber(ARGV[3])
local QUARANTINE, LONGEST, LAST_STRIKE = 60000, 3600000, 5

if redis.call('ZREM', LEASES, lease) == 0 then return {'gone'} end
local id, epoch, switched = parse(lease)
if not give_back(id) then return {'gone'} end
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
if verdict == 'rate_limited' then
  count('rate_limited', token.tier)
  rest(token, 'cooling', now + rest_ms)
elseif verdict == 'quota' then
  rest(token, 'exhausted', now + rest_ms)
elseif verdict == 'blocked' then
  die(token, 'blocked')
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
