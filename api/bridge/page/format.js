/** Numbers and times as people read them, always with their unit. */

const NOTHING = "–";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** 7 ms, 840 ms, 1.24 s, 12.4 s, 3 min 20 s, 2 h 5 min, 3 d 4 h. */
export function duration(ms) {
  if (ms === null || ms === undefined) return NOTHING;
  const size = Math.max(0, ms);
  if (size < 999.5) return `${Math.round(size)} ms`;
  if (size < 9_995) return `${(size / 1000).toFixed(2)} s`;
  if (size < 59_950) return `${(size / 1000).toFixed(1)} s`;
  if (size < HOUR) return inTwo(size, MINUTE, "min", 1000, "s");
  if (size < DAY) return inTwo(size, HOUR, "h", MINUTE, "min");
  return inTwo(size, DAY, "d", HOUR, "h");
}

/** A time that runs on while one looks: in whole seconds from one second on. */
export function ticking(ms) {
  return ms < 1000 ? duration(ms) : duration(Math.floor(ms / 1000) * 1000).replace(/\.0+ s$/, " s");
}

function inTwo(ms, large, largeUnit, small, smallUnit) {
  let rest = Math.round((ms % large) / small);
  let whole = Math.floor(ms / large);
  if (rest * small === large) [whole, rest] = [whole + 1, 0];
  return rest ? `${whole} ${largeUnit} ${rest} ${smallUnit}` : `${whole} ${largeUnit}`;
}

/** 512 B, 4.1 kB, 2.3 MB. */
export function bytes(size) {
  if (size < 1000) return `${size} B`;
  return size < 999_950 ? `${(size / 1000).toFixed(1)} kB` : `${(size / 1_000_000).toFixed(1)} MB`;
}

/** 1,234. */
export function count(number) {
  return number === null || number === undefined ? NOTHING : number.toLocaleString("en");
}

/** One word for one, another for any other number: "1 job", "2 jobs". */
export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** 22:31:05, in the reader's time zone. */
export function clock(ms) {
  return new Date(ms).toLocaleTimeString("en-GB");
}

/** 22:31:05.042. */
export function preciseClock(ms) {
  return `${clock(ms)}.${String(Math.floor(ms) % 1000).padStart(3, "0")}`;
}

/** The first eight characters of an id: enough to tell a table's rows apart. */
export function shortId(id) {
  return id.length > 10 ? `${id.slice(0, 8)}…` : id;
}
