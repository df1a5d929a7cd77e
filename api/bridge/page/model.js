/** All that the page knows, bounded. Views read it; only messages of the bridge change it. */

import { Answer } from "./answer.js";
import { secondsBefore } from "./backfill.js";
import { Pace } from "./pace.js";

/** Seconds that the plots show. */
export const WINDOW = 300;
export const MOST_JOBS = 2000;
export const MOST_PACKETS = 2000;
const ENDED = new Set(["finished", "failed", "cancelled"]);

export const isEnded = (job) => ENDED.has(job.status);

export class Model {
  /**
   * @param {(topic: string) => void} changed  told what has become another: jobs, stats, pool, workers, batches, open,
   *   about
   */
  constructor(changed) {
    this.changed = changed;
    this.about = { version: null, client: null, rights: [] };
    this.clockOffset = 0;
    this.problem = null;
    this.hasHistory = false;
    this.jobs = new Map();
    this.seconds = [];
    this.pool = null;
    this.workers = null;
    this.queues = {};
    this.batches = [];
    this.paces = new Map();
    this.batchProblem = null;
    this.open = null;
  }

  /** The bridge's time, in Unix milliseconds. */
  now() {
    return Date.now() + this.clockOffset;
  }

  get seesContents() {
    return this.about.rights.includes("monitor:content");
  }

  /** Whether the bridge would let us cancel this batch. */
  mayCancel(batch) {
    const { client, rights } = this.about;
    return rights.includes("monitor:cancel") || (rights.includes("batch") && batch.client === client);
  }

  /** Follows one job from now on, or with null none. */
  follow(id) {
    this.open = id === null ? null : new OpenJob(id);
    this.changed("open");
  }

  /** Takes one message of the bridge. */
  take(message) {
    const take = this[`_${message.event}`];
    if (take) take.call(this, message);
  }

  _connected({ version, client, rights, now }) {
    this.about = { version, client, rights: rights ?? [] };
    this.paces = new Map();
    this.clockOffset = now - Date.now();
    this.changed("about");
  }

  _history({ jobs }) {
    this._find(null);
    this._backfill(jobs);
    this.hasHistory = true;
    const known = new Set(jobs.map((job) => job.id));
    for (const job of this.jobs.values()) {
      // It ended while nobody told us, too long ago to be in the history.
      if (!isEnded(job) && !known.has(job.id)) this.jobs.delete(job.id);
    }
    this._jobs({ jobs });
  }

  _backfill(jobs) {
    if (this.seconds.length) return;
    const now = this.now();
    this.seconds = secondsBefore(jobs, now - 1000);
    this.changed("stats");
  }

  _jobs({ jobs }) {
    for (const job of jobs) this._keep(job);
    if (this.jobs.size > MOST_JOBS) this._forgetOldest();
    this.changed("jobs");
  }

  _keep(job) {
    this.jobs.set(job.id, job);
    if (this.open?.id === job.id) {
      this.open.job = job;
      this.changed("open");
    }
  }

  _forgetOldest() {
    const oldestFirst = [...this.jobs.values()].sort(
      (one, other) => isEnded(other) - isEnded(one) || one.admitted_at - other.admitted_at,
    );
    for (const job of oldestFirst.slice(0, this.jobs.size - MOST_JOBS)) {
      if (job.id !== this.open?.id) this.jobs.delete(job.id);
    }
  }

  /** Tells what is wrong with the gateway behind the bridge; null for nothing. */
  _find(problem) {
    if (problem === this.problem) return;
    this.problem = problem;
    this.changed("about");
  }

  _stats({ at, second }) {
    this._find(null);
    this.seconds.push({ at, ...second });
    if (this.seconds.length > WINDOW + 5) this.seconds.shift();
    this.changed("stats");
  }

  _pool({ tokens, stats }) {
    this.pool = { tokens, stats };
    this.changed("pool");
  }

  _workers({ workers, queues }) {
    this.workers = workers;
    this.queues = queues ?? {};
    this.changed("workers");
  }

  /** Tells why a batch could not be cancelled, until there is something new about batches. */
  tellBatchProblem(problem) {
    this.batchProblem = problem;
    this.changed("batches");
  }

  _batches({ batches }) {
    this.batches = batches;
    this.batchProblem = null;
    const paces = new Map();
    for (const { id, succeeded, errored, cancelled, expired } of batches) {
      const pace = this.paces.get(id) ?? new Pace();
      pace.take(succeeded + errored + cancelled + expired, this.now());
      paces.set(id, pace);
    }
    this.paces = paces;
    this.changed("batches");
  }

  _job({ job, timeline, packets }) {
    if (!this.open || (job && job.id !== this.open.id)) return;
    this.open.told = true;
    if (job) this._keep(job);
    this.open.timeline = timeline ?? [];
    this.open.takePackets(packets ?? [], 0);
    this.changed("open");
  }

  _packets({ packets, dropped }) {
    if (!this.open) return;
    this.open.takePackets(packets.filter((packet) => packet.job === this.open.id), dropped ?? 0);
    this.changed("open");
  }

  /** `after` is where the bridge goes on; at 0 it begins anew, whatever was told before. */
  _log({ job, after, seq, events }) {
    if (this.open?.id !== job) return;
    if (after === 0) this.open.answer = new Answer();
    this.open.answer.take(seq, events);
    this.changed("open");
  }

  _error({ code, job, batch, message }) {
    if (batch !== undefined) {
      this.tellBatchProblem(message);
      return;
    }
    if (code === "unavailable") this._find(message);
    if (this.open && (job === undefined || job === this.open.id) && /not_found/.test(code ?? "")) {
      this.open.told = true;
      this.changed("open");
    }
  }
}

/** The job that somebody looks at. */
export class OpenJob {
  constructor(id) {
    this.id = id;
    this.job = null;
    this.told = false;
    this.timeline = [];
    this.packets = new Map();
    this.dropped = 0;
    this.answer = new Answer();
  }

  /** Packets are known by attempt and number: what comes again replaces what was there. */
  takePackets(packets, dropped) {
    this.dropped += dropped;
    for (const packet of packets) {
      if (this.packets.size < MOST_PACKETS) this.packets.set(`${packet.attempt}.${packet.number}`, packet);
      else this.dropped += 1;
    }
  }
}
