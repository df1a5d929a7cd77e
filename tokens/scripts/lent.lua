-- What a borrower may know of the tokens it holds leases of.
-- ARGV: lease ids. Reply: for each {} if the lease is over, else
-- {token id, where it stands, bearer, expires ms, account, kind, generation, refreshable, rest until ms, now ms}
-- include: pool
local now, told = now_ms(), {}
tidy(now)
for _, lease in ipairs(ARGV) do
  local id = parse(lease)
  local token = id and redis.call('ZSCORE', LEASES, lease) and load(id)
  if token then
    local facts = redis.call('HMGET', TOKEN .. id, 'bearer', 'account', 'kind')
    told[#told + 1] = {id, state(token, now), facts[1], token.expires, facts[2], facts[3], token.generation,
      token.refreshable, token.rest_until, now}
  else
    told[#told + 1] = {}
  end
end
return told
