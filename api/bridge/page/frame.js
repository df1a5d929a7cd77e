/**
 * Views are drawn once per animation frame, however many messages came in between, and less often when a frame is dear:
 * the page is never busy for more than about half of the time.
 */

export class Frame {
  constructor() {
    this.views = [];
    this.dirty = new Set();
    this.asked = false;
    this.cost = 0;
  }

  /** Calls `draw` in the next frame after one of these topics has changed. */
  add(topics, draw) {
    this.views.push({ topics, draw });
  }

  changed(topic) {
    this.dirty.add(topic);
    if (this.asked) return;
    this.asked = true;
    const ask = () => requestAnimationFrame(() => this._draw());
    if (this.cost > 16) setTimeout(ask, this.cost);
    else ask();
  }

  _draw() {
    this.asked = false;
    const dirty = this.dirty;
    this.dirty = new Set();
    const begin = performance.now();
    for (const { topics, draw } of this.views) {
      if (topics.some((topic) => dirty.has(topic))) draw();
    }
    // A task that is posted here runs once the browser has laid out and painted what was drawn.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      this.cost = performance.now() - begin;
      port1.close();
    };
    port2.postMessage(null);
  }
}
