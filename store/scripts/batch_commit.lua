-- include: batch
-- KEYS: the lease, those of the batch
-- ARGV: nonce, how many of `done` this deals with, line the cursor is at, line and offset it comes to,
--       part of `out`, part of `err` ('' none), how many succeeded, errored, cancelled, expired,
--       how many lines leave their jobs, how many wait no longer to run again, then the lines and the records of these,
--       then when (ms) and record of each line that is to run again
-- Outcomes of lines become part of the batch's results, all at once. Answers 'ok', or 'moved' when that cannot be: the
-- cursor stands elsewhere, or a line is not with a job.
if not is_mine() then return 'lost' end
if (redis.call('HGET', record, 'line') or '0') ~= ARGV[3] then return 'moved' end
local leave, forget = tonumber(ARGV[12]), tonumber(ARGV[13])
local first_forgotten = 14 + leave
local first_again = first_forgotten + forget
for i = 14, first_forgotten - 1 do
  if redis.call('HEXISTS', running, ARGV[i]) == 0 then return 'moved' end
end

for i = 14, first_forgotten - 1 do redis.call('HDEL', running, ARGV[i]) end
for i = first_forgotten, first_again - 1 do redis.call('ZREM', retry, ARGV[i]) end
for i = first_again, #ARGV, 2 do redis.call('ZADD', retry, ARGV[i], ARGV[i + 1]) end
if tonumber(ARGV[2]) > 0 then redis.call('LTRIM', done, ARGV[2], -1) end
redis.call('HSET', record, 'line', ARGV[4], 'offset', ARGV[5])
for i, part in ipairs({ARGV[6], ARGV[7]}) do
  if part ~= '' then
    redis.call('RPUSH', i == 1 and out or err, part)
    redis.call('HINCRBY', record, i == 1 and 'out_parts' or 'err_parts', 1)
  end
end
for i, name in ipairs({'succeeded', 'errored', 'cancelled', 'expired'}) do
  if ARGV[7 + i] ~= '0' then redis.call('HINCRBY', record, name, ARGV[7 + i]) end
end
keep_with_record(retry, out, err)
return 'ok'
