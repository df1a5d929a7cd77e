/** Where a job's time went: a bar of its stages, and what happened when. */

import { el, setAttribute, setText } from "./dom.js";
import { duration, preciseClock, ticking } from "./format.js";

const STAGES = [
  { name: "queued", look: "queued", from: "admitted_at", to: "claimed_at" },
  { name: "until first output", look: "waiting", from: "claimed_at", to: "first_output_at" },
  { name: "answering", look: "running", from: "first_output_at", to: "ended_at" },
];

export class Timeline {
  constructor() {
    this.parts = STAGES.map(({ look }) => el("span", { class: `stage ${look}` }));
    this.words = STAGES.map(({ look }) => el("span", { class: `entry ${look}` }));
    this.bar = el("div", { class: "bar", "aria-hidden": "true" }, ...this.parts);
    this.list = el("ol", { class: "moments" });
    this.element = el("div", { class: "timeline" }, this.bar, el("div", { class: "legend" }, ...this.words), this.list);
    this.shown = "";
  }

  draw(job, moments, now) {
    const lengths = STAGES.map((stage) => length(job, stage, now));
    const whole = lengths.reduce((sum, each) => sum + (each ?? 0), 0) || 1;
    lengths.forEach((ms, index) => {
      this.parts[index].style.flexGrow = ms === null ? 0 : Math.max(ms / whole, 0.004);
      const { name, to } = STAGES[index];
      setText(this.words[index], ms === null ? "" : `${name} ${job[to] ? duration(ms) : ticking(ms)}`);
      setAttribute(this.words[index], "hidden", ms === null ? "" : null);
    });
    this._drawMoments(job, moments);
  }

  _drawMoments(job, moments) {
    const shown = JSON.stringify(moments);
    if (shown === this.shown) return;
    this.shown = shown;
    this.list.replaceChildren(
      ...moments.map(({ at, what, attempt }) =>
        el(
          "li",
          {},
          el("time", {}, preciseClock(at)),
          el("span", { class: "offset" }, `+${duration(at - job.admitted_at)}`),
          el("span", {}, what.replaceAll("_", " "), attempt > 1 ? `, attempt ${attempt}` : ""),
        ),
      ),
    );
  }
}

/** Milliseconds of a stage: up to now while it lasts, null when it never began. */
function length(job, { from, to }, now) {
  const begin = job[from];
  if (!begin) return null;
  const end = job[to] ?? job.ended_at ?? now;
  return Math.max(0, end - begin);
}
