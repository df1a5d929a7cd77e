-- Takes tokens out of lending at the operator's word, or lets them back in. Leases that run go on.
-- ARGV: 'pause' or 'resume', ids. Reply: where each stands now, or 'gone'
-- To resume a dead token is the operator's word that its account is in order again (an appeal, a new login).
-- include: pool
local now, told = now_ms(), {}
for i = 2, #ARGV do
  local id = ARGV[i]
  local token = load(id)
  if token then
    if ARGV[1] == 'pause' and token.status == 'live' then
      token.status = 'paused'
    elseif ARGV[1] == 'resume' and (token.status == 'paused' or token.status == 'dead') then
      if token.status == 'dead' then
        token.cause, token.strikes, token.suspect, token.not_before = '', 0, 0, 0
        token.epoch = token.epoch + 1
      end
      token.status = 'live'
    end
    told[#told + 1] = settle(id, token, now)
  else
    told[#told + 1] = 'gone'
  end
end
return told
