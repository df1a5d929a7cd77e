/** The way to the bridge: says hello, and comes back by itself when the connection is lost. */

const FIRST_DELAY = 500;
const LONGEST_DELAY = 10_000;
/** The bridge sends numbers every second; a connection that is silent for this long is dead. */
const SILENCE = 8_000;
const KEY_CODES = new Set(["invalid_api_key", "not_permitted"]);
const STORED_KEY = "warp2api.monitor.key";

/**
 * States: `connecting`, `live`, `waiting` (tries again at `retryAt`), `locked` (wants a key; `problem` says why).
 */
export class Connection {
  /**
   * @param {URL} url
   * @param {Object} handlers  `onMessage(message)`, and `onState({name, retryAt, problem})`
   */
  constructor(url, { onMessage, onState }) {
    this.url = url;
    this.onMessage = onMessage;
    this.onState = onState;
    this.key = sessionStorage.getItem(STORED_KEY) ?? "";
    this.state = { name: "connecting", retryAt: null, problem: null };
    this.failures = 0;
    window.addEventListener("online", () => this.retryNow());
  }

  connect() {
    clearTimeout(this.timer);
    this._become("connecting");
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this._watchSilence();
    socket.onopen = () => this.send({
      type: "hello",
      kinds: ["jobs", "pool", "workers", "stats", "batches"],
      ...(this.key && { key: this.key }),
    });
    socket.onmessage = ({ data }) => {
      if (socket === this.socket) this._take(JSON.parse(data));
    };
    socket.onclose = ({ code }) => {
      if (socket === this.socket) this._lost(code);
    };
  }

  /** Sends if there is a connection, else answers false; what is followed is asked for again after the next hello. */
  send(message) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  /** Tries another key. It is kept for this tab alone, and only once the bridge has taken it. */
  useKey(key) {
    this.key = key;
    this.connect();
  }

  retryNow() {
    if (this.state.name === "waiting") this.connect();
  }

  _take(message) {
    this._watchSilence();
    // One about a batch says that this key may not cancel it; it may watch all the same.
    if (message.event === "error" && KEY_CODES.has(message.code) && message.batch === undefined) {
      this._lock(message.message);
      return;
    }
    if (message.event === "connected") {
      this.failures = 0;
      if (this.key) sessionStorage.setItem(STORED_KEY, this.key);
      this._become("live");
    }
    this.onMessage(message);
  }

  _lock(problem) {
    const hadKey = this.key !== "";
    sessionStorage.removeItem(STORED_KEY);
    this.key = "";
    this._leave();
    this._become("locked", { problem: hadKey ? problem : null });
  }

  _lost(code) {
    this._leave();
    if (code === 4401 || code === 4403) {
      this._lock("The bridge does not take this key.");
      return;
    }
    const delay = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.failures) * (0.75 + Math.random() / 2);
    this.failures += 1;
    const problem = code === 4408 ? "This page was too slow for what came." : null;
    this._become("waiting", { retryAt: Date.now() + delay, problem });
    this.timer = setTimeout(() => this.connect(), delay);
  }

  _leave() {
    clearTimeout(this.silence);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  _watchSilence() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this._lost(null), SILENCE);
  }

  _become(name, { retryAt = null, problem = null } = {}) {
    this.state = { name, retryAt, problem };
    this.onState(this.state);
  }
}
