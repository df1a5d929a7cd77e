/** Lines over the last five minutes, drawn as SVG so that the style sheet colours them. */

import { el, setAttribute, setText } from "./dom.js";
import { count, duration } from "./format.js";
import { WINDOW } from "./model.js";

const LEFT = 46;
const RIGHT = 6;
const TOP = 8;
const BOTTOM = 20;
/** Milliseconds without a point after which a line is broken. */
const GAP = 3500;
const MINUTES = [4, 3, 2, 1, 0];

const perSecond = (number) => `${number < 10 ? Number(number.toFixed(1)) : Math.round(number)}/s`;

const percentiles = (member) =>
  ["p50", "p95", "p99"].map((name, index) => ({
    name,
    look: `tone-${index + 1}`,
    value: (second) => second[member]?.[name] ?? null,
  }));

/** What is plotted: `value` takes a second of the bridge's and gives null where there is nothing to show. */
export const PLOTS = [
  {
    title: "Throughput",
    unit: "jobs per second",
    format: perSecond,
    least: 1,
    series: [
      { name: "finished", look: "finished", value: (second) => second.finished },
      { name: "failed", look: "failed", value: (second) => second.failed },
      { name: "cancelled", look: "cancelled", value: (second) => second.cancelled },
    ],
  },
  {
    title: "Concurrency",
    unit: "jobs",
    format: count,
    least: 4,
    series: [
      { name: "running", look: "running", value: (second) => second.running },
      { name: "queued", look: "queued", value: (second) => second.queued },
    ],
  },
  {
    title: "Time to first output",
    unit: "over a minute",
    format: duration,
    least: 100,
    series: percentiles("first_byte_ms"),
  },
  { title: "Time to the end", unit: "over a minute", format: duration, least: 100, series: percentiles("duration_ms") },
];

/** The next number above `value` that makes a scale with a readable middle. */
export function niceCeiling(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 6, 8, 10].map((step) => step * power).find((ceiling) => ceiling >= value * 0.9999);
}

/** All plots side by side; the pointer over one reads the same second in all. */
export class Plots {
  constructor(parent, model) {
    this.model = model;
    this.plots = PLOTS.map((spec) => new Plot(spec, (age) => this._point(age)));
    parent.append(...this.plots.map((plot) => plot.element));
    new ResizeObserver(() => this.draw()).observe(parent);
    this.age = null;
  }

  draw() {
    const now = this.model.seconds.at(-1)?.at ?? this.model.now();
    for (const plot of this.plots) plot.draw(this.model.seconds, now, this.age);
  }

  _point(age) {
    this.age = age;
    this.draw();
  }
}

class Plot {
  constructor(spec, point) {
    this.spec = spec;
    this.values = spec.series.map(() => el("span", { class: "value" }, "–"));
    this.time = el("span", { class: "time" });
    this.svg = svg("svg", { class: "plot", role: "img" });
    this.grid = [0, 0.5, 1].map(() => this._add("line", { class: "grid" }));
    this.scale = [0, 0.5, 1].map(() => this._add("text", { class: "tick", "text-anchor": "end" }));
    this.minutes = MINUTES.map(() => this._add("text", { class: "tick" }));
    this.area = this._add("path", { class: `area ${spec.series[0].look}` });
    this.lines = [...spec.series].reverse().map(({ look }) => this._add("path", { class: `line ${look}` })).reverse();
    this.cursor = this._add("line", { class: "cursor", y1: TOP });
    this.element = el(
      "figure",
      { class: "card" },
      el(
        "figcaption",
        {},
        el("span", { class: "title" }, spec.title),
        el("span", { class: "unit" }, spec.unit),
        this.time,
      ),
      el("div", { class: "legend" }, ...spec.series.map(({ name, look }, index) =>
        el("span", { class: `entry ${look}` }, this.values[index], el("span", { class: "name" }, name)))),
    );
    this.element.append(this.svg);
    this.svg.addEventListener("pointermove", ({ clientX }) => point(this._ageAt(clientX)));
    this.svg.addEventListener("pointerleave", () => point(null));
  }

  draw(seconds, now, age) {
    this.width = this.svg.clientWidth || 300;
    this.floor = (this.svg.clientHeight || 132) - BOTTOM;
    const top = this._ceiling(seconds);
    const x = (at) => LEFT + (this.width - LEFT - RIGHT) * (1 - (now - at) / (WINDOW * 1000));
    const y = (value) => TOP + (this.floor - TOP) * (1 - value / top);
    this._drawScale(top, y);
    const shown = seconds.filter(({ at }) => now - at <= WINDOW * 1000);
    this.spec.series.forEach(({ value }, index) => this.lines[index].setAttribute("d", line(shown, value, x, y)));
    this.area.setAttribute("d", area(shown, this.spec.series[0].value, x, y));
    this._drawCursor(age, x(now - (age ?? 0)));
    this._drawValues(age === null ? seconds.at(-1) : nearest(shown, now - age), age);
  }

  _add(tag, attributes) {
    return this.svg.appendChild(svg(tag, attributes));
  }

  _ageAt(clientX) {
    const { left } = this.svg.getBoundingClientRect();
    const share = (clientX - left - LEFT) / (this.width - LEFT - RIGHT);
    return Math.round(WINDOW * (1 - Math.min(1, Math.max(0, share)))) * 1000;
  }

  _ceiling(seconds) {
    let most = this.spec.least;
    for (const second of seconds) {
      for (const { value } of this.spec.series) most = Math.max(most, value(second) ?? 0);
    }
    return niceCeiling(most);
  }

  _drawScale(top, y) {
    [0, top / 2, top].forEach((value, index) => {
      setAttribute(this.grid[index], "x1", LEFT);
      setAttribute(this.grid[index], "x2", this.width - RIGHT);
      for (const end of ["y1", "y2"]) setAttribute(this.grid[index], end, y(value));
      setAttribute(this.scale[index], "x", LEFT - 6);
      setAttribute(this.scale[index], "y", y(value) + 4);
      setText(this.scale[index], value === 0 ? "0" : this.spec.format(value).replace(/\.?0+ s$/, " s"));
    });
    MINUTES.forEach((minutes, index) => {
      const label = this.minutes[index];
      setAttribute(label, "x", LEFT + (this.width - LEFT - RIGHT) * (1 - minutes / 5));
      setAttribute(label, "y", this.floor + BOTTOM - 5);
      setAttribute(label, "text-anchor", minutes === 0 ? "end" : "middle");
      setText(label, minutes === 0 ? "now" : `−${minutes} min`);
    });
  }

  _drawCursor(age, x) {
    setAttribute(this.cursor, "visibility", age === null ? "hidden" : null);
    for (const end of ["x1", "x2"]) setAttribute(this.cursor, end, x);
    setAttribute(this.cursor, "y2", this.floor);
  }

  _drawValues(second, age) {
    setText(this.time, age ? `${duration(age)} ago` : "");
    const words = this.spec.series.map(({ name, value }, index) => {
      const number = second ? value(second) : null;
      const text = number === null || number === undefined ? "–" : this.spec.format(number);
      setText(this.values[index], text);
      return `${name} ${text}`;
    });
    if (age === null) {
      setAttribute(this.svg, "aria-label", `${this.spec.title}, the last five minutes. Now: ${words.join(", ")}.`);
    }
  }
}

function svg(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** Runs of points without a gap between them. */
function* runs(seconds, value) {
  let run = [];
  let before = null;
  for (const second of seconds) {
    const number = value(second);
    const broken = number === null || number === undefined || (before !== null && second.at - before > GAP);
    if (broken && run.length) {
      yield run;
      run = [];
    }
    if (number !== null && number !== undefined) run.push([second.at, number]);
    before = second.at;
  }
  if (run.length) yield run;
}

const path = (run, x, y) => run.map(([at, number]) => `${x(at).toFixed(1)},${y(number).toFixed(1)}`).join("L");

function line(seconds, value, x, y) {
  // A lone point becomes a dot: the line's caps are round.
  return [...runs(seconds, value)].map((run) => `M${path(run, x, y)}${run.length === 1 ? "h.1" : ""}`).join("");
}

function area(seconds, value, x, y) {
  return [...runs(seconds, value)]
    .map((run) => `M${x(run[0][0])},${y(0)}L${path(run, x, y)}L${x(run.at(-1)[0])},${y(0)}Z`)
    .join("");
}

function nearest(seconds, at) {
  let best = null;
  for (const second of seconds) {
    if (best === null || Math.abs(second.at - at) < Math.abs(best.at - at)) best = second;
  }
  return best && Math.abs(best.at - at) <= GAP ? best : null;
}
