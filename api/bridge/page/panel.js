/** The panel of one job: where its time went, what it is, its answer and its packets. */

import { chip, el, facts, setAttribute, setChip, setText } from "./dom.js";
import { bytes, clock, count, plural, shortId } from "./format.js";
import { isEnded } from "./model.js";
import { PacketList } from "./packets.js";
import { Timeline } from "./timeline.js";

const NAMES = { text: "Text", reasoning: "Reasoning", tool_call: "Tool call" };

export class JobPanel {
  /**
   * @param {HTMLElement} element
   * @param {Model} model
   * @param {() => void} close
   */
  constructor(element, model, close) {
    Object.assign(this, { element, model });
    this.status = chip("queued");
    this.title = el("h2", { tabindex: "-1" });
    this.closer = el("button", { type: "button", class: "quiet", "aria-label": "Close this job" }, "Close");
    this.closer.addEventListener("click", close);
    this.id = null;
  }

  draw() {
    const { open } = this.model;
    this.element.hidden = !open;
    if (!open) {
      this.id = null;
      return;
    }
    if (open !== this.drawn) this._begin(open);
    const { job } = open;
    this.body.hidden = !job;
    this.missing.hidden = Boolean(job) || !open.told;
    this.status.hidden = !job;
    if (!job) return;
    setChip(this.status, job.cancelling && !isEnded(job) ? "cancelling" : job.status);
    this._drawFacts(job);
    this.answer.draw(open.answer, job);
    this.packets.draw(open, this.model.seesContents);
    this.tick();
  }

  /** Only what changes while time passes. */
  tick() {
    const job = this.model.open?.job;
    if (job) this.timeline.draw(job, this.model.open.timeline, this.model.now());
  }

  _begin(open) {
    this.drawn = open;
    this.timeline = new Timeline();
    this.answer = new AnswerView();
    this.packets = new PacketList();
    this.facts = el("div");
    this.factsShown = "";
    this.missing = el(
      "p",
      { class: "missing" },
      "This job is not known any more: jobs are kept for a while after their end.",
    );
    this.body = el(
      "div",
      { class: "sections" },
      section("Timeline", this.timeline.element),
      section("Facts", this.facts),
      section("Answer", this.answer.element),
      section("Packets", this.packets.element),
    );
    const isSame = this.id === open.id;
    this.id = open.id;
    setText(this.title, `Job ${shortId(open.id)}`);
    const head = el("header", {}, this.title, this.status, this.closer);
    this.element.replaceChildren(head, this.missing, this.body);
    if (!isSame) this.title.focus();
  }

  _drawFacts(job) {
    const pairs = [
      ["Id", el("code", {}, job.id)],
      ["Model", job.model],
      ["API", job.stream ? `${job.dialect}, streamed` : job.dialect],
      ["Client", job.client],
      ["Lane", job.position ? `${job.lane}, place ${count(job.position)}` : job.lane],
      ["Worker", job.worker],
      ["Attempt", job.attempt || null],
      ["Admitted", clock(job.admitted_at)],
      ["Input", job.input_tokens === null ? null : plural(job.input_tokens, "token")],
      ["Output", job.output_tokens === null ? null : plural(job.output_tokens, "token")],
      ["Ended with", job.code],
    ];
    const shown = JSON.stringify(job);
    if (shown !== this.factsShown) this.facts.replaceChildren(facts(pairs));
    this.factsShown = shown;
  }
}

function section(title, content) {
  return el("section", {}, el("h3", {}, title), content);
}

/** The answer as it grows. Text is added to what stands there, so a selection in it stays. */
class AnswerView {
  constructor() {
    this.note = el("p", { class: "aside" });
    this.blocks = el("div", { class: "answer" });
    this.element = el("div", {}, this.note, this.blocks);
    this.shown = [];
  }

  draw(answer, job) {
    const note = this._note(answer, job);
    setText(this.note, note);
    this.note.hidden = !note;
    if (this.shown.some(({ block }, index) => answer.blocks[index] !== block)) {
      this.shown = [];
      this.blocks.replaceChildren();
    }
    answer.blocks.forEach((block, index) => {
      if (!this.shown[index]) this._add(block);
      this.shown[index].draw();
    });
  }

  _note(answer, job) {
    const failure = answer.end?.status === "failed" ? answer.end : null;
    if (failure) return failure.message ? `Failed: ${failure.word}. ${failure.message}` : `Failed: ${failure.word}.`;
    if (!answer.isEmpty) {
      return answer.attempt > 1 ? `Of attempt ${answer.attempt}; what came before was shown to nobody.` : "";
    }
    return isEnded(job) ? "Nothing was said." : "Nothing yet.";
  }

  _add(block) {
    const view = new BlockView(block);
    this.shown.push(view);
    this.blocks.append(view.element);
  }
}

class BlockView {
  constructor(block) {
    this.block = block;
    this.text = document.createTextNode("");
    this.size = el("span", { class: "aside" });
    // Without the right to see contents a name is its length.
    const name = typeof block.name === "string" ? el("code", {}, block.name) : null;
    const title = el("div", { class: "title" }, NAMES[block.kind], name, this.size);
    this.words = el("div", { class: "words", tabindex: "0" }, this.text);
    this.element = el("div", { class: `block ${block.kind}` }, title, this.words);
  }

  draw() {
    const { text, size } = this.block;
    setText(this.size, text === null ? plural(size, "character") : "");
    this.words.hidden = text === null;
    if (text === null) return;
    const { words } = this;
    const isAtEnd = words.scrollHeight - words.scrollTop - words.clientHeight < 24;
    const shown = this.text.data;
    if (text === shown) return;
    if (text.startsWith(shown)) this.text.appendData(text.slice(shown.length));
    else this.text.data = text;
    if (isAtEnd) words.scrollTop = words.scrollHeight;
  }
}
