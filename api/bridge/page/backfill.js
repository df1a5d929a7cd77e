/**
 * The seconds before the page was opened, reckoned from the jobs of the history, so that the plots need not begin
 * empty. They go back as far as the history is whole: it holds only the latest jobs, and the record of one whose client
 * has had its answer is kept for another minute at most.
 */

const MINUTE = 60_000;
/** A little less than that, for clocks that differ. */
const KEPT = 55_000;

/** Ended jobs in a history; with fewer, these are all there were. */
const HISTORY = 200;

/**
 * @param {Object[]} jobs  the history, newest first
 * @param {number} now  Unix milliseconds
 */
export function secondsBefore(jobs, now) {
  const ended = jobs.filter((job) => job.ended_at);
  const begin = ended.length < HISTORY ? now - KEPT : Math.max(now - KEPT, ended.at(-1).admitted_at);
  const seconds = [];
  for (let at = now - Math.floor((now - begin) / 1000) * 1000; at < now; at += 1000) seconds.push(second(jobs, at));
  return seconds;
}

function second(jobs, at) {
  const ended = (job, within) => job.ended_at && job.ended_at <= at && job.ended_at > at - within;
  const count = (status) => jobs.filter((job) => job.status === status && ended(job, 1000)).length;
  const stands = (job, begin, end) => job[begin] && job[begin] <= at && (job[end] ?? job.ended_at ?? Infinity) > at;
  const lately = jobs.filter((job) => ended(job, MINUTE));
  return {
    at,
    finished: count("finished"),
    failed: count("failed"),
    cancelled: count("cancelled"),
    running: jobs.filter((job) => stands(job, "claimed_at", "ended_at")).length,
    queued: jobs.filter((job) => stands(job, "admitted_at", "claimed_at")).length,
    first_byte_ms: percentiles(
      lately.filter((job) => job.first_output_at).map((job) => job.first_output_at - job.admitted_at),
    ),
    duration_ms: percentiles(lately.map((job) => job.ended_at - job.admitted_at)),
  };
}

function percentiles(values) {
  if (!values.length) return null;
  values.sort((one, other) => one - other);
  const rank = (share) => values[Math.min(values.length - 1, Math.ceil(share * values.length) - 1)];
  return { p50: rank(0.5), p95: rank(0.95), p99: rank(0.99) };
}
