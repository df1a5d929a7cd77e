/** Which jobs the table shows. Pure. */

/**
 * Whether a job is shown. Every word of the text must be found in one of the job's members.
 *
 * @param {Object} job
 * @param {{text: string, statuses: Set<string>, lane: string}} filter  no statuses and an empty lane mean all
 */
export function matches(job, { text, statuses, lane }) {
  if (statuses.size && !statuses.has(job.status)) return false;
  if (lane && job.lane !== lane) return false;
  if (!text) return true;
  const searched = [job.id, job.model, job.client, job.dialect, job.status, job.code, job.lane, job.worker]
    .join("\n")
    .toLowerCase();
  return text.toLowerCase().split(/\s+/).every((word) => searched.includes(word));
}

/** The newest jobs that match, and how many match in all. */
export function newest(jobs, filter, most) {
  const matching = [...jobs].filter((job) => matches(job, filter));
  matching.sort((one, other) => other.admitted_at - one.admitted_at || (one.id < other.id ? 1 : -1));
  return { shown: matching.slice(0, most), total: matching.length };
}
