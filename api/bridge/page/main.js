/** Puts the page together. */

import { BatchList } from "./batches.js";
import { Connection } from "./connection.js";
import { setText } from "./dom.js";
import { Frame } from "./frame.js";
import { KeyForm } from "./key_form.js";
import { Model } from "./model.js";
import { JobPanel } from "./panel.js";
import { Plots } from "./plots.js";
import { PoolTiles, WorkerList } from "./pool.js";
import { JobTable } from "./table.js";

const NARROW = window.matchMedia("(max-width: 760px)");
const part = (id) => document.getElementById(id);

const frame = new Frame();
const model = new Model((topic) => frame.changed(topic));
const address = new URL("ws", document.baseURI);
address.protocol = address.protocol.replace("http", "ws");
const connection = new Connection(address, { onMessage: take, onState: () => frame.changed("connection") });

const table = new JobTable(
  {
    table: part("jobs"),
    text: part("filter-text"),
    chips: part("filter-statuses"),
    lane: part("filter-lane"),
    pause: part("pause"),
    count: part("jobs-count"),
    more: part("more"),
    none: part("none"),
  },
  model,
  (id) => (location.hash = `job=${encodeURIComponent(id)}`),
);
const panel = new JobPanel(part("panel"), model, closeJob);
const plots = new Plots(part("plots"), model);
const pool = new PoolTiles({ pool: part("pool"), poolSummary: part("pool-summary") }, model);
const workers = new WorkerList(
  { workers: part("workers"), workersSummary: part("workers-summary"), queues: part("queues") },
  model,
);
const batches = new BatchList(
  {
    section: part("batches"),
    list: part("batch-list"),
    summary: part("batches-summary"),
    more: part("batches-more"),
    problem: part("batches-problem"),
    dialog: part("cancel-batch"),
  },
  model,
  cancelBatch,
);
const keyForm = new KeyForm(part("key-form"), (key) => connection.useKey(key));

frame.add(["stats", "about"], () => plots.draw());
frame.add(["jobs", "open"], () => table.draw());
frame.add(["jobs", "connection"], drawEmpty);
frame.add(["pool", "tick"], () => pool.draw());
frame.add(["workers", "tick"], () => workers.draw());
frame.add(["batches", "about", "tick"], () => batches.draw());
frame.add(["open"], drawPanel);
frame.add(["tick"], () => table.tick());
frame.add(["tick"], () => panel.tick());
frame.add(["connection", "about", "tick"], drawConnection);
frame.add(["connection"], () => keyForm.draw(connection.state));

part("retry").addEventListener("click", () => connection.retryNow());
window.addEventListener("hashchange", followAddress);
document.addEventListener("keydown", ({ key }) => key === "Escape" && model.open && closeJob());
NARROW.addEventListener("change", drawPanel);
setInterval(() => frame.changed("tick"), 1000);
followAddress();
connection.connect();

function take(message) {
  model.take(message);
  if (message.event === "connected" && model.open) connection.send({ type: "open", job: model.open.id });
}

/** The address says which job is open: #job=<id>. */
function followAddress() {
  const id = new URLSearchParams(location.hash.slice(1)).get("job");
  const before = model.open?.id ?? null;
  if (id === before) return;
  if (before) connection.send({ type: "close", job: before });
  model.follow(id);
  if (id) connection.send({ type: "open", job: id });
}

function cancelBatch(id) {
  const wasSent = connection.send({ type: "cancel_batch", batch: id });
  if (!wasSent) model.tellBatchProblem("The connection is lost: the batch was not cancelled.");
}

function closeJob() {
  const id = model.open?.id;
  history.replaceState(null, "", location.pathname + location.search);
  followAddress();
  drawPanel();
  table.focus(id);
}

function drawPanel() {
  document.body.classList.toggle("has-panel", Boolean(model.open));
  // On a phone the panel covers the page, so nothing behind it can be reached.
  part("page").inert = Boolean(model.open) && NARROW.matches;
  panel.draw();
}

function drawConnection() {
  const { name, retryAt, problem } = connection.state;
  const words = { connecting: "Connecting", live: "Live", waiting: "Connection lost", locked: "Key wanted" };
  const trouble = name === "live" ? model.problem : name === "waiting" ? problem : null;
  part("connection").dataset.state = name === "live" && trouble ? "troubled" : name;
  setText(part("connection-words"), trouble ? `${words[name]}. ${trouble}` : words[name]);
  part("retry").hidden = name !== "waiting";
  const seconds = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
  setText(part("retry-in"), name === "waiting" ? `again in ${seconds} s` : "");
}

/** With no job yet there is nothing to filter: the page says how to make one. */
function drawEmpty() {
  const isEmpty = model.hasHistory && model.jobs.size === 0;
  part("empty").hidden = !isEmpty;
  part("jobs-count").hidden = isEmpty;
  if (isEmpty) writeExample();
  part("filters").hidden = !model.hasHistory || isEmpty;
}

function writeExample() {
  const port = document.querySelector("meta[name=front-door-port]").content;
  const key = connection.key ? '  -H "Authorization: Bearer $KEY" \\\n' : "";
  const example =
    `curl http://${location.hostname}:${port}/v1/chat/completions \\\n` +
    '  -H "Content-Type: application/json" \\\n' +
    key +
    `  -d '{"model": "auto", "stream": true, "messages": [{"role": "user", "content": "Hello!"}]}'`;
  setText(part("example"), example);
}
