/** How quick something goes, over the last minute. Pure. */

const MINUTE = 60_000;
/** Before so much has been seen, nothing is said. */
const SHORTEST = 4_000;

export class Pace {
  constructor() {
    this.samples = [];
  }

  /** Takes a count that only grows, as it was at a time in milliseconds. Between two it stays what it was. */
  take(count, now) {
    if (this.samples.at(-1)?.count !== count) this.samples.push({ at: now, count });
    while (this.samples.length > 1 && this.samples[1].at <= now - MINUTE) this.samples.shift();
  }

  /** How many in a minute; null while too little has been seen. */
  perMinute(now) {
    const [first] = this.samples;
    const span = Math.min(MINUTE, now - (first?.at ?? now));
    if (span < SHORTEST) return null;
    const before = this.samples.findLast(({ at }) => at <= now - span);
    return ((this.samples.at(-1).count - before.count) * MINUTE) / span;
  }
}
