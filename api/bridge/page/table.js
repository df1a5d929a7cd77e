/** The table of jobs: newest first, bounded, filtered, and held still on request. */

import { arrange, chip, el, setAttribute, setChip, setText } from "./dom.js";
import { newest } from "./filter.js";
import { clock, count, duration, plural, shortId, ticking } from "./format.js";
import { isEnded } from "./model.js";

const STATUSES = ["queued", "running", "finished", "failed", "cancelled"];
const PAGE = 50;
const MORE = 100;

/** The columns: `text` gives what stands in a cell at the bridge's time `now`. */
const COLUMNS = [
  { name: "Admitted", look: "time", text: (job) => clock(job.admitted_at) },
  { name: "Status", look: "status" },
  { name: "Model", look: "model" },
  { name: "Client", look: "client", text: (job) => job.client },
  { name: "API", look: "dialect", text: (job) => job.dialect },
  { name: "Lane", look: "lane", text: (job) => job.lane },
  { name: "Waited", look: "number waited", text: waited },
  { name: "First output", look: "number first", text: firstOutput },
  { name: "Total", look: "number total", text: total },
  { name: "Tokens", look: "number tokens", text: tokens },
  { name: "Job", look: "id", text: (job) => shortId(job.id) },
];

/** From admission to the (last) claim. */
function waited(job, now) {
  if (job.claimed_at) return duration(job.claimed_at - job.admitted_at);
  return isEnded(job) ? "–" : ticking(now - job.admitted_at);
}

function firstOutput(job) {
  return job.first_output_at ? duration(job.first_output_at - job.admitted_at) : "–";
}

function total(job, now) {
  return job.ended_at ? duration(job.ended_at - job.admitted_at) : ticking(now - job.admitted_at);
}

function tokens(job) {
  return job.output_tokens === null || job.output_tokens === undefined
    ? "–"
    : `${count(job.input_tokens)} → ${count(job.output_tokens)}`;
}

export class JobTable {
  /**
   * @param {Object} parts  the page's elements: `table`, `text`, `chips`, `lane`, `pause`, `count`, `more`, `none`
   * @param {Model} model
   * @param {(id: string) => void} open
   */
  constructor(parts, model, open) {
    Object.assign(this, { parts, model, open });
    this.filter = { text: "", statuses: new Set(), lane: "" };
    this.most = PAGE;
    this.held = null;
    this.rows = new Map();
    const heads = COLUMNS.map(({ name, look }) => el("th", { scope: "col", class: look }, name));
    parts.table.tHead.append(el("tr", {}, ...heads));
    this.body = parts.table.tBodies[0];
    this._listen();
  }

  draw() {
    const all = [...this.model.jobs.values()];
    const jobs = this.held ? all.filter(({ id }) => this.held.has(id)) : all;
    const { shown, total: matching } = newest(jobs, this.filter, this.most);
    const now = this.model.now();
    const kept = new Map();
    for (const job of this._withPinned(shown)) kept.set(job.id, this._row(job, now));
    this.rows = kept;
    arrange(this.body, [...kept.values()].map((row) => row.element));
    this._drawRest(shown.length, matching, all.length - jobs.length);
  }

  /** Only what changes while time passes. */
  tick() {
    const now = this.model.now();
    for (const row of this.rows.values()) {
      if (!isEnded(row.job)) row.draw(row.job, now, this.model.open?.id);
    }
  }

  /** Gives the focus back to a job's row, if it is there. */
  focus(id) {
    this.rows.get(id)?.element.focus();
  }

  _row(job, now) {
    const row = this.rows.get(job.id) ?? new Row(job.id);
    row.draw(job, now, this.model.open?.id);
    return row;
  }

  /** Whoever stands on a row keeps it under their feet, though newer ones would push it out. */
  _withPinned(shown) {
    const focused = document.activeElement?.closest?.("tr[data-job]")?.dataset.job;
    const pinned = focused && !shown.some(({ id }) => id === focused) ? this.model.jobs.get(focused) : null;
    return pinned ? [...shown, pinned] : shown;
  }

  _drawRest(shown, matching, newer) {
    const { parts, model } = this;
    const tabbable = this.body.querySelector("tr[tabindex='0']");
    if (!tabbable) this.body.firstElementChild?.setAttribute("tabindex", "0");
    const isFiltered = this.filter.text || this.filter.statuses.size || this.filter.lane;
    const all = plural(model.jobs.size, "job");
    setText(parts.count, isFiltered ? `${count(matching)} of ${all}` : plural(matching, "job"));
    parts.more.hidden = matching <= shown;
    parts.none.hidden = shown > 0 || model.jobs.size === 0;
    parts.table.hidden = shown === 0;
    setText(parts.pause, this.held ? (newer > 0 ? `Resume, ${count(newer)} newer` : "Resume") : "Pause");
  }

  _listen() {
    const { parts } = this;
    const refilter = (change) => {
      change();
      this.most = PAGE;
      this.draw();
    };
    parts.text.addEventListener("input", () => refilter(() => (this.filter.text = parts.text.value.trim())));
    parts.lane.addEventListener("change", () => refilter(() => (this.filter.lane = parts.lane.value)));
    for (const status of STATUSES) {
      const looks = { type: "button", class: "chip", "data-word": status, "aria-pressed": "false" };
      const button = el("button", looks, status);
      button.addEventListener("click", () => refilter(() => this._toggle(button, status)));
      parts.chips.append(button);
    }
    parts.pause.addEventListener("click", () => this._hold(!this.held));
    parts.more.addEventListener("click", () => {
      this.most += MORE;
      this.draw();
    });
    this.body.addEventListener("click", ({ target }) => this._open(target));
    this.body.addEventListener("keydown", (event) => this._key(event));
    this.body.addEventListener("focusin", ({ target }) => this._stand(target.closest("tr")));
  }

  _toggle(button, status) {
    const { statuses } = this.filter;
    if (!statuses.delete(status)) statuses.add(status);
    button.setAttribute("aria-pressed", statuses.has(status));
  }

  _hold(hold) {
    this.held = hold ? new Set(this.model.jobs.keys()) : null;
    this.parts.pause.setAttribute("aria-pressed", hold);
    this.draw();
  }

  _open(target) {
    const row = target.closest("tr");
    if (row && !window.getSelection()?.toString()) this.open(row.dataset.job);
  }

  _key(event) {
    const row = event.target.closest("tr");
    const steps = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling };
    const ends = { Home: this.body.firstElementChild, End: this.body.lastElementChild };
    if (event.key === "Enter") this.open(row.dataset.job);
    else if (event.key in steps || event.key in ends) (steps[event.key] ?? ends[event.key])?.focus();
    else return;
    event.preventDefault();
  }

  /** One row can be reached with Tab; the arrows go on from there. */
  _stand(row) {
    for (const other of this.body.querySelectorAll("tr[tabindex='0']")) other.setAttribute("tabindex", "-1");
    row.setAttribute("tabindex", "0");
  }
}

class Row {
  constructor(id) {
    this.status = chip("queued");
    this.model = el("span", { class: "name" });
    this.aside = el("span", { class: "aside" });
    this.cells = COLUMNS.map(({ look }) => el("td", { class: look }));
    this.cells[1].append(this.status);
    this.cells[2].append(this.model, this.aside);
    this.element = el("tr", { "data-job": id, tabindex: "-1", title: id }, ...this.cells);
  }

  draw(job, now, openId) {
    this.job = job;
    setChip(this.status, job.cancelling && !isEnded(job) ? "cancelling" : job.status);
    setAttribute(this.status, "title", job.code);
    setText(this.model, job.model);
    setText(this.aside, `${job.client} · ${clock(job.admitted_at)}`);
    COLUMNS.forEach(({ text }, index) => text && setText(this.cells[index], text(job, now)));
    setAttribute(this.element, "aria-current", job.id === openId ? "true" : null);
  }
}
