-- Ends a refresh that brought nothing. ARGV: id, attempt, generation it began from, verdict
-- ('login' and 'final' end the token; any other puts the next try off, 15 s doubling to 10 min)
-- A verdict that another refresh has overtaken, begun later or stored meanwhile, says nothing about the token.
-- Reply: where the token stands, 'overtaken' or 'gone'
-- include: pool
local id, attempt, generation, verdict = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local PAUSE, LONGEST = 15000, 600000
local token = load(id)
if not token then return 'gone' end
if token.attempt ~= attempt or token.generation ~= generation then return 'overtaken' end
local now = now_ms()
token.lock, token.lock_until = '', 0
redis.call('HSET', TOKEN .. id, 'last', 'refresh: ' .. verdict, 'last_at', now)
if verdict == 'login' or verdict == 'final' then
  die(token, verdict)
else
  token.failures = token.failures + 1
  token.cause = verdict
  token.not_before = now + math.min(LONGEST, PAUSE * 2 ^ math.min(token.failures - 1, 10))
end
return settle(id, token, now)
