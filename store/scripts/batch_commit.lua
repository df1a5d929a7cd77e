-- include: batch
-- KEYS: the lease, those of the batch
-- ARGV: nonce, how many of `done` this deals with and the last of these, line the cursor is at, line and offset it
--       comes to, part of `out`, part of `err` ('' none), how many succeeded, errored, cancelled, expired,
--       how many lines leave their jobs, how many wait no longer to run again, then each line with its job,
--       the records of these, then when (ms) and record of each line that is to run again
-- Outcomes of lines become part of the batch's results, all at once. Answers 'ok', or 'moved' when that cannot be: the
-- cursor stands elsewhere, `done` does, or a line is not with its job.
if not is_mine() then return 'lost' end
if (redis.call('HGET', record, 'line') or '0') ~= ARGV[4] then return 'moved' end
local ended, leave, forget = tonumber(ARGV[2]), tonumber(ARGV[13]), tonumber(ARGV[14])
-- It may have come back as it was before the last commit, with a store that was started again.
if ended > 0 and redis.call('LINDEX', done, ended - 1) ~= ARGV[3] then return 'moved' end
local first_forgotten = 15 + 2 * leave
local first_again = first_forgotten + forget
for i = 15, first_forgotten - 1, 2 do
  local taken = redis.call('HGET', running, ARGV[i])
  if not taken or job_of(taken) ~= ARGV[i + 1] then return 'moved' end
end

for i = 15, first_forgotten - 1, 2 do redis.call('HDEL', running, ARGV[i]) end
for i = first_forgotten, first_again - 1 do redis.call('ZREM', retry, ARGV[i]) end
for i = first_again, #ARGV, 2 do redis.call('ZADD', retry, ARGV[i], ARGV[i + 1]) end
if ended > 0 then redis.call('LTRIM', done, ended, -1) end
redis.call('HSET', record, 'line', ARGV[5], 'offset', ARGV[6])
for i, part in ipairs({ARGV[7], ARGV[8]}) do
  if part ~= '' then
    redis.call('RPUSH', i == 1 and out or err, part)
    redis.call('HINCRBY', record, i == 1 and 'out_parts' or 'err_parts', 1)
  end
end
for i, name in ipairs({'succeeded', 'errored', 'cancelled', 'expired'}) do
  if ARGV[8 + i] ~= '0' then redis.call('HINCRBY', record, name, ARGV[8 + i]) end
end
keep_with_record(retry, out, err)
return 'ok'
