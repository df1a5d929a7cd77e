/**
 * An answer, folded from the events of its log. With the right to see contents a text member is a string, without it
 * the number of its characters; both are folded the same way.
 */

const OUTPUT = new Set(["text", "reasoning"]);

/** Blocks in the order of their appearance: `{kind, message, text, size}`, or `{kind: "tool_call", id, name, …}`. */
export class Answer {
  constructor() {
    this.blocks = [];
    this.attempt = 1;
    this.usage = null;
    this.end = null;
    this.seq = 0;
  }

  /** Takes one entry of the log; one that is known already changes nothing. */
  take(seq, events) {
    if (seq !== null && seq !== undefined) {
      if (seq <= this.seq) return;
      this.seq = seq;
    }
    for (const event of events) this._event(event);
  }

  get isEmpty() {
    return this.blocks.length === 0;
  }

  _event([kind, ...members]) {
    if (OUTPUT.has(kind)) this._grow(kind, members[0], members[1] ?? 0);
    else if (kind === "tool_call") this._call(...members);
    else if (kind === "revised") this._revise(...members);
    else if (kind === "restarted") this._restart(members[0]);
    else if (kind === "usage") this.usage = { input: members[0], output: members[1] };
    else if (kind === "finished") this.end = { status: "finished", word: members[0] };
    else if (kind === "failed") this.end = { status: "failed", word: members[0], message: members[1] };
  }

  _grow(kind, piece, message) {
    let block = this.blocks.at(-1);
    if (block?.kind !== kind || block.message !== message) {
      block = { kind, message, ...measured("") };
      this.blocks.push(block);
    }
    const { text, size } = measured(piece);
    block.text = text === null || block.text === null ? null : block.text + text;
    block.size += size;
  }

  _call(id, name, argumentsText) {
    this.blocks.push({ kind: "tool_call", id, name, ...measured(argumentsText) });
  }

  _revise(message, whole) {
    const first = this.blocks.find((block) => block.kind === "text" && block.message === message);
    this.blocks = this.blocks.filter((block) => block === first || block.kind !== "text" || block.message !== message);
    if (first) Object.assign(first, measured(whole));
  }

  _restart(attempt) {
    this.blocks = [];
    this.attempt = attempt;
  }
}

function measured(piece) {
  return typeof piece === "number" ? { text: null, size: piece } : { text: piece ?? "", size: (piece ?? "").length };
}
