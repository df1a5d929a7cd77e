-- include: job
-- ARGV: id, entry that ends a queued job, control channel
-- Answers the status the job is in now: 'cancelled', 'running' (its worker is told), a terminal one, or nil.
return cancel_job(ARGV[1], ARGV[2], ARGV[3], now_ms())
