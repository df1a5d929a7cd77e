-- include: job
-- ARGV: id, attempt, seq, entry, visible (0|1), status ('' or terminal), code, tokens in and out ('' = unknown)
-- May be sent again with the same seq: an entry already there is answered as done. One that does not follow the last
-- is refused: the store has lost what stood between, and an answer with a hole must not go on.
-- Answers 0 done, 1 done and the job was cancelled, -1 refused: the job is another attempt's, ended or gone.
local id, attempt, seq = ARGV[1], ARGV[2], tonumber(ARGV[3])
local r = redis.call('HMGET', record, 'attempt', 'seq', 'status', 'cancel', 'reply_to', 'stream', 'visible', 'ttl', 'live')
if r[1] ~= attempt then return -1 end
local cancelled = r[4] and 1 or 0
if seq <= tonumber(r[2]) then return cancelled end
if r[3] ~= 'running' or seq ~= tonumber(r[2]) + 1 then return -1 end

local terminal = ARGV[6] ~= ''
-- Nobody streams a whole answer: its readers wait for the terminal entry and read the log then.
local heard = r[6] == '1' or r[9] or terminal
add_entry(id, seq, ARGV[4], heard and r[5])
if ARGV[5] == '1' and r[7] == '0' then
  redis.call('HSET', record, 'seq', seq, 'visible', 1, 'first', now_ms())
  tell_monitor(id)
else
  redis.call('HSET', record, 'seq', seq)
end
if terminal and ARGV[8] ~= '' then redis.call('HSET', record, 'input', ARGV[8], 'output', ARGV[9]) end
if terminal then end_job(id, ARGV[6], ARGV[7], now_ms(), r[8]) end
return cancelled
