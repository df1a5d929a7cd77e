-- include: batch
-- KEYS: the lease, those of the batch
-- ARGV: nonce, line the cursor is at, line and offset it comes to, then for each line: its number, its record, that
--       under which it waited to be run again ('' none, 'joined' for a line that is with this job already and is joined
--       by others), code of a line that no job can be made of ('' none)
-- From here on these lines are with jobs, made or yet to be made. Answers 'ok', or 'moved' when the batch is being
-- closed, the cursor stands elsewhere, or a job that lines were to join was collected meanwhile.
if not is_mine() then return 'lost' end
local r = redis.call('HMGET', record, 'status', 'line')
if r[1] ~= 'in_progress' or (r[2] or '0') ~= ARGV[2] then return 'moved' end
for i = 5, #ARGV, 4 do
  if ARGV[i + 2] == 'joined' then
    local now = redis.call('HGET', running, ARGV[i])
    if not now or job_of(now) ~= job_of(ARGV[i + 1]) then return 'moved' end
  end
end
redis.call('HSET', record, 'line', ARGV[3], 'offset', ARGV[4])
for i = 5, #ARGV, 4 do
  redis.call('HSET', running, ARGV[i], ARGV[i + 1])
  if ARGV[i + 2] ~= '' then redis.call('ZREM', retry, ARGV[i + 2]) end
  if ARGV[i + 3] ~= '' then redis.call('RPUSH', done, ARGV[i] .. ' - failed ' .. ARGV[i + 3]) end
end
keep_with_record(running, done)
return 'ok'
