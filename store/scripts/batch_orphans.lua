-- include: batch
-- KEYS: the lease, those of the batch. ARGV: nonce, prefix of the records of jobs
-- Lines that should be with jobs, while there is no job: nobody had made it yet, or it is lost. Answers their records.
if not is_mine() then return 'lost' end
local ended, orphans = {}, {}
for _, row in ipairs(redis.call('LRANGE', done, 0, -1)) do ended[string.match(row, '^%d+')] = true end
local rows = redis.call('HGETALL', running)
for i = 1, #rows, 2 do
  if not ended[rows[i]] and redis.call('EXISTS', ARGV[2] .. job_of(rows[i + 1])) == 0 then
    orphans[#orphans + 1] = rows[i + 1]
  end
end
return orphans
