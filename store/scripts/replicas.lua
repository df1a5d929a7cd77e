-- The channels of `reply_to` but one, without those of replicas that were not heard of since `since`.
local function other_readers(reply_to, channel, replicas, since)
  local others = {}
  for other in string.gmatch(reply_to, '[^\n]+') do
    local beat = other ~= channel and redis.call('ZSCORE', replicas, other)
    if beat and tonumber(beat) >= since then others[#others + 1] = other end
  end
  return others
end
