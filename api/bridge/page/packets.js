/** The packets of one job, each to be opened where its contents are known. */

import { el, setText } from "./dom.js";
import { bytes, count, duration, plural } from "./format.js";

/** Packets shown at most: the first ones, which say what was asked, and the latest. */
const FIRST = 50;
const LATEST = 250;
/** Characters of a packet's JSON shown at once. */
const LONGEST = 40_000;
const ARROWS = { request: "→", event: "←", refusal: "✕" };

export class PacketList {
  constructor() {
    this.items = new Map();
    this.summary = el("p", { class: "aside" });
    this.list = el("ol", { class: "packets" });
    this.element = el("div", {}, this.summary, this.list);
  }

  draw(open, seesContents) {
    const packets = [...open.packets.values()].sort(
      (one, other) => one.attempt - other.attempt || one.number - other.number,
    );
    const cut = packets.length > FIRST + LATEST;
    const shown = cut ? [...packets.slice(0, FIRST), ...packets.slice(-LATEST)] : packets;
    setText(this.summary, words(packets, packets.length - shown.length, open.dropped, seesContents));
    const start = packets[0]?.at;
    const kept = new Map();
    shown.forEach((packet) => {
      const known = this.items.get(packet);
      kept.set(packet, known ?? packetItem(packet, start));
    });
    if (kept.size !== this.items.size || [...kept.keys()].some((packet) => !this.items.has(packet))) {
      this.list.replaceChildren(...kept.values());
    }
    this.items = kept;
  }
}

function words(packets, hidden, dropped, seesContents) {
  if (!packets.length) {
    return "None yet. Packets are seen while this page watches: those of earlier jobs are not kept.";
  }
  const size = packets.reduce((sum, packet) => sum + packet.size, 0);
  const parts = [`${plural(packets.length, "packet")}, ${bytes(size)} of protobuf`];
  if (hidden) parts.push(`${count(hidden)} in the middle not listed`);
  if (dropped) parts.push(`${count(dropped)} dropped`);
  if (!seesContents) parts.push("contents need a key with the right monitor:content");
  return `${parts.join("; ")}.`;
}

function packetItem(packet, start) {
  const head = [
    el("span", { class: "arrow", title: packet.kind }, ARROWS[packet.kind] ?? "·"),
    el("span", { class: "type" }, packet.type, packet.attempt > 1 ? ` (attempt ${packet.attempt})` : ""),
    el("span", { class: "size" }, bytes(packet.size)),
    el("span", { class: "offset" }, `+${duration(packet.at - start)}`),
  ];
  if (packet.data === undefined || packet.data === null) return el("li", { class: "packet" }, ...head);
  const details = el("details", {}, el("summary", { class: "packet" }, ...head));
  // The JSON is written only when somebody opens it.
  details.addEventListener("toggle", () => {
    if (details.open && details.childElementCount === 1) details.append(json(packet.data));
  });
  return el("li", {}, details);
}

/** A value as indented JSON; its keys are set off from what was said. */
export function json(data) {
  const text = JSON.stringify(data, null, 2);
  const box = el("pre", { class: "json", tabindex: "0" });
  for (const line of text.slice(0, LONGEST).split("\n")) {
    const [, indent, key, rest] = /^(\s*)("(?:[^"\\]|\\.)*")?(.*)$/s.exec(line);
    if (key !== undefined && rest.startsWith(":")) box.append(indent, el("span", { class: "key" }, key), rest, "\n");
    else box.append(line, "\n");
  }
  if (text.length > LONGEST) box.append(`… ${count(text.length - LONGEST)} more characters`);
  return box;
}
