/** Batches: how far each is, how quick it goes, and a way to end it. */

import { arrange, chip, el, setAttribute, setChip, setText } from "./dom.js";
import { count, duration, plural, shortId, ticking } from "./format.js";

const FEW = 5;
const FINAL = new Set(["completed", "failed", "expired", "cancelled"]);
const CANCELLABLE = new Set(["validating", "in_progress"]);
const MINUTE = 60_000;

const doneOf = (batch) => batch.succeeded + batch.errored + batch.cancelled + batch.expired;
const words = (status) => status.replaceAll("_", " ");

/** What ended how, in the order of the bar; the first is what went well. */
const OUTCOMES = [
  { name: "succeeded", look: "finished" },
  { name: "errored", look: "failed" },
  { name: "expired", look: "queued" },
  { name: "cancelled", look: "cancelled" },
];

export class BatchList {
  /**
   * @param {Object} parts  the page's elements: `section`, `list`, `summary`, `more`, `problem`, `dialog`
   * @param {Model} model
   * @param {(id: string) => void} cancel
   */
  constructor(parts, model, cancel) {
    Object.assign(this, { parts, model, rows: new Map(), showsAll: false });
    this.question = new Question(parts.dialog, cancel);
    parts.more.addEventListener("click", () => {
      this.showsAll = !this.showsAll;
      this.draw();
    });
  }

  draw() {
    const { model, parts } = this;
    const batches = model.batches;
    const open = batches.filter(({ status }) => !FINAL.has(status)).length;
    const shown = this.showsAll ? batches : batches.slice(0, FEW);
    const kept = new Map();
    for (const batch of shown) {
      const row = this.rows.get(batch.id) ?? new Row(batch.id, () => this.question.ask(row.batch));
      row.draw(batch, model);
      kept.set(batch.id, row);
    }
    this.rows = kept;
    arrange(parts.list, [...kept.values()].map((row) => row.element));
    parts.section.hidden = batches.length === 0;
    setText(parts.summary, `${count(open)} open, ${count(batches.length - open)} ended lately`);
    parts.more.hidden = batches.length <= FEW;
    setAttribute(parts.more, "aria-expanded", this.showsAll);
    setText(parts.more, this.showsAll ? "Show fewer" : `Show all ${count(batches.length)}`);
    setText(parts.problem, model.batchProblem ?? "");
    this.question.check(batches, model);
  }
}

class Row {
  constructor(id, ask) {
    this.status = chip("validating");
    this.client = el("span", { class: "aside client" });
    this.left = el("span", { class: "aside left" });
    const name = shortName(id);
    this.button = el("button", { type: "button", class: "quiet", "aria-label": `Cancel batch ${name}` }, "Cancel");
    this.button.addEventListener("click", ask);
    this.parts = OUTCOMES.map(({ look }) => el("span", { class: `stage ${look}` }));
    this.rest = el("span", { class: "rest" });
    const looks = { class: "bar", role: "progressbar", "aria-label": `Progress of batch ${name}`, "aria-valuemin": 0 };
    this.bar = el("div", looks, ...this.parts, this.rest);
    this.progress = el("span", { class: "progress" });
    this.pace = el("span", { class: "aside" });
    this.failures = el("span", { class: "failures" });
    this.cancelled = el("span", { class: "aside" });
    this.element = el(
      "li",
      { class: "batch", "data-batch": id },
      el("div", { class: "row" }, el("code", { title: id }, name), this.status, this.client, this.button),
      this.bar,
      el("div", { class: "told" }, this.progress, this.failures, this.cancelled, this.pace, this.left),
    );
  }

  draw(batch, model) {
    this.batch = batch;
    const now = model.now();
    const done = doneOf(batch);
    const isOpen = !FINAL.has(batch.status);
    const pace = isOpen ? model.paces.get(batch.id)?.perMinute(now) ?? null : null;
    setChip(this.status, words(batch.status));
    setText(this.client, `${batch.client} · ${batch.kind}`);
    setText(this.progress, batch.total ? `${count(done)} of ${count(batch.total)}` : "");
    setText(this.failures, outcomes(batch, ["errored", "expired"]));
    setText(this.cancelled, outcomes(batch, ["cancelled"]));
    setText(this.pace, isOpen && batch.total ? paceWords(batch, pace) : "");
    setText(this.left, isOpen ? timeLeft(batch, done, pace, now) : took(batch));
    this.button.hidden = !CANCELLABLE.has(batch.status) || !model.mayCancel(batch);
    this._drawBar(batch, done);
  }

  _drawBar(batch, done) {
    const whole = batch.total || 1;
    OUTCOMES.forEach(({ name }, index) => {
      this.parts[index].hidden = !batch[name];
      this.parts[index].style.flexGrow = Math.max(batch[name] / whole, 0.004);
    });
    this.rest.style.flexGrow = (whole - done) / whole;
    // Without a value a progress bar says that it is not known yet.
    setAttribute(this.bar, "aria-valuemax", batch.total || null);
    setAttribute(this.bar, "aria-valuenow", batch.total ? done : null);
    const ends = outcomes(batch, OUTCOMES.map(({ name }) => name));
    const told = `${count(done)} of ${count(batch.total)}${ends && `, ${ends}`}`;
    setAttribute(this.bar, "aria-valuetext", batch.total ? told : words(batch.status));
  }
}

/** The vendor's prefix and the first digits. */
const shortName = (id) => id.replace(/^([a-z]+_)?(.*)$/, (_, prefix = "", rest) => prefix + shortId(rest));

function outcomes(batch, names) {
  return names
    .filter((name) => batch[name])
    .map((name) => `${count(batch[name])} ${name}`)
    .join(", ");
}

function paceWords({ running }, pace) {
  const rate = pace === null ? "" : `${count(pace < 10 ? Math.round(pace * 10) / 10 : Math.round(pace))}/min, `;
  return `${rate}${count(running)} running`;
}

function timeLeft({ status, total, expires_at: expires }, done, pace, now) {
  if (status === "in_progress" && pace > 0 && total > done) {
    const left = ((total - done) / pace) * MINUTE;
    if (now + left < expires) return `about ${duration(Math.ceil(left / 1000) * 1000)} left`;
  }
  return expires > now ? `expires in ${ticking(expires - now)}` : "expired";
}

const took = (batch) => (batch.ended_at ? `took ${duration(batch.ended_at - batch.created_at)}` : "");

/** Asks whether a batch is really to be cancelled. */
class Question {
  constructor(dialog, cancel) {
    this.dialog = dialog;
    this.title = dialog.querySelector("h2");
    this.text = dialog.querySelector("p");
    this.batch = null;
    dialog.addEventListener("close", () => {
      if (dialog.returnValue === "cancel" && this.batch) cancel(this.batch.id);
      this.batch = null;
    });
    // Escape leaves the question, not the job that is open beside it.
    dialog.addEventListener("keydown", (event) => event.key === "Escape" && event.stopPropagation());
  }

  ask(batch) {
    this.batch = batch;
    setText(this.title, `Cancel ${shortName(batch.id)}?`);
    const rest = batch.total - doneOf(batch);
    const lost = batch.total ? `${plural(rest, "request")} will not be run` : "It will not be run";
    setText(this.text, `It belongs to ${batch.client}. ${lost}; what is done stays. This cannot be undone.`);
    this.dialog.returnValue = "";
    this.dialog.showModal();
  }

  /** Takes the question back once there is nothing left to cancel. */
  check(batches, model) {
    if (!this.batch) return;
    const now = batches.find(({ id }) => id === this.batch.id);
    if (!now || !CANCELLABLE.has(now.status) || !model.mayCancel(now)) this.dialog.close();
  }
}
