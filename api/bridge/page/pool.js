/** The pool of credentials, a tile each, and the workers. */

import { arrange, chip, el, setAttribute, setChip, setText } from "./dom.js";
import { clock, count, duration, plural, ticking } from "./format.js";

/** A worker that was not heard of for this long is shown as quiet: it says something every two seconds. */
const QUIET = 6_000;
const NEVER = "never";

export class PoolTiles {
  /** @param {Object} parts  `pool`, `poolSummary` */
  constructor(parts, model) {
    Object.assign(this, { parts, model, tiles: new Map() });
  }

  draw() {
    const { pool } = this.model;
    if (!pool) return;
    const now = this.model.now();
    const kept = new Map();
    for (const token of pool.tokens) {
      const tile = this.tiles.get(token.id) ?? new Tile(token.id);
      tile.draw(token, now);
      kept.set(token.id, tile);
    }
    this.tiles = kept;
    arrange(this.parts.pool, [...kept.values()].map((tile) => tile.element));
    setText(this.parts.poolSummary, summary(pool.stats, pool.tokens.length));
  }
}

function summary(stats, size) {
  if (!stats || size === 0) return "no credentials yet";
  return `${stats.health.replaceAll("_", " ")}, ${count(stats.ready)} of ${count(stats.target)} ready`;
}

class Tile {
  constructor(id) {
    this.state = chip("ready");
    this.source = el("span", { class: "aside" });
    this.flight = el("strong");
    this.load = el("progress", { "aria-hidden": "true" });
    this.rest = el("p", { class: "rest" });
    this.expires = el("p", { class: "aside" });
    this.element = el(
      "li",
      { class: "tile" },
      el("div", { class: "row" }, el("code", { title: id }, id), this.state),
      this.source,
      el("div", { class: "row" }, this.flight, this.load),
      this.rest,
      this.expires,
    );
  }

  draw(token, now) {
    setChip(this.state, token.state);
    setText(this.source, `tier ${token.tier}, ${token.source.replaceAll("_", " ")}`);
    setText(this.flight, `${share(token.in_flight, token.limit)} in flight`);
    this.load.hidden = !token.limit;
    if (token.limit) Object.assign(this.load, { max: token.limit, value: token.in_flight });
    setText(this.rest, token.until && token.until > now ? `back in ${ticking(token.until - now)}` : "");
    setText(this.expires, `expires ${token.expires_at ? expiry(token.expires_at - now) : NEVER}`);
    setAttribute(this.expires, "title", token.expires_at ? new Date(token.expires_at).toLocaleString("en-GB") : null);
  }
}

/** "3 of 8", and where there is no limit "3". */
const share = (number, limit) => (limit ? `${count(number)} of ${count(limit)}` : count(number));

const expiry = (left) => (left > 0 ? `in ${ticking(left)}` : `${ticking(-left)} ago`);

export class WorkerList {
  /** @param {Object} parts  `workers`, `workersSummary`, `queues` */
  constructor(parts, model) {
    Object.assign(this, { parts, model, items: new Map() });
  }

  draw() {
    const { workers, queues } = this.model;
    if (!workers) return;
    const now = this.model.now();
    const kept = new Map();
    for (const worker of workers) {
      const item = this.items.get(worker.id) ?? new WorkerItem(worker.id);
      item.draw(worker, now);
      kept.set(worker.id, item);
    }
    this.items = kept;
    arrange(this.parts.workers, [...kept.values()].map((item) => item.element));
    const known = workers.length ? plural(workers.length, "process", "processes") : "none heard of";
    setText(this.parts.workersSummary, known);
    this.parts.queues.replaceChildren(...Object.entries(queues).map(([lane, queue]) => queueLine(lane, queue)));
  }
}

function queueLine(lane, { waiting, oldest_seconds: oldest, running }) {
  const age = waiting && oldest !== null && oldest !== undefined ? `, oldest ${duration(oldest * 1000)}` : "";
  const words = `${count(running)} running, ${count(waiting)} waiting${age}`;
  return el("li", {}, el("span", { class: "name" }, lane), el("span", {}, words));
}

class WorkerItem {
  constructor(id) {
    this.chip = chip("alive");
    this.lane = el("span", { class: "aside" });
    this.running = el("strong");
    this.load = el("progress", { "aria-hidden": "true" });
    this.element = el(
      "li",
      { class: "tile" },
      el("div", { class: "row" }, el("code", { title: id }, id), this.chip),
      this.lane,
      el("div", { class: "row" }, this.running, this.load),
    );
  }

  draw({ lane, seen_at: seenAt, running, concurrency }, now) {
    const silence = now - seenAt;
    setChip(this.chip, silence > QUIET ? "quiet" : "alive");
    const role = lane === "control" ? "keeper" : lane;
    setText(this.lane, silence > QUIET ? `${role}, last heard of at ${clock(seenAt)}` : role);
    const knowsLoad = running !== null && running !== undefined;
    setText(this.running, knowsLoad ? `${share(running, concurrency)} running` : "");
    this.load.hidden = !(knowsLoad && concurrency);
    if (!this.load.hidden) Object.assign(this.load, { max: concurrency, value: running });
  }
}
