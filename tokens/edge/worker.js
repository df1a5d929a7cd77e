// The edge broker: keeps the operator's refresh tokens at Cloudflare and hands out short-lived access tokens.
//
// Bindings, set by `warp2api cloudflare deploy`:
//   SHARED_SECRET          secret; callers send it as `Authorization: Bearer ...`
//   FIREBASE_API_KEY       secret; the web key of the token endpoint
//   REFRESH_TOKEN_<id>     secret, one an account; <id> is 12 hex digits and names the account to callers
//   TOKEN_URLS             text; the token endpoints, space separated, tried in order
//   BROKER                 Durable Object namespace of class Broker
//
// Each account is one Durable Object, so at most one refresh of it runs anywhere, and a rotated refresh token is
// stored before anybody gets the access token that came with it. A refresh token never leaves this file but towards
// the token endpoint, and nothing is logged.
//
// GET  /v1/accounts              -> {"accounts": ["<id>", ...]}
// POST /v1/accounts/<id>/token   -> {"access_token": "...", "expires_at": <Unix ms>}
//      optional body {"refused": "<print>"}: the first 12 hex digits of the SHA-256 of an access token that is of no
//      more use; while that is still the current one it is refreshed, however long it would have lasted.
// Errors: {"error": {"code": "...", "message": "..."}}; see REFUSALS.
import { DurableObject } from "cloudflare:workers";

const PREFIX = "REFRESH_TOKEN_";
// Milliseconds before its end at which an access token is not handed out any more, and for one endpoint's answer.
const MARGIN = 5 * 60 * 1000;
const TIMEOUT = 5000;
// Milliseconds in which one refused refresh token is not sent again.
const REST = 60 * 1000;

const REFUSALS = {
  unauthorized: [401, "The shared secret is missing or wrong."],
  not_found: [404, "There is no such account or path here."],
  method_not_allowed: [405, "This path does not take that method."],
  bad_request: [400, "The body must be empty or a JSON object."],
  login_required: [409, "The account needs a new login: its refresh token is of no more use."],
  account_disabled: [409, "The account is disabled or gone."],
  not_configured: [503, "The broker lacks one of its bindings: deploy it again."],
  unavailable: [502, "No token endpoint gave a token just now."],
  internal: [500, "The broker failed."],
};

// Error codes of the token endpoint that no retry can help; any other is transient.
const FINAL = {
  TOKEN_EXPIRED: "login_required",
  INVALID_REFRESH_TOKEN: "login_required",
  MISSING_REFRESH_TOKEN: "login_required",
  USER_DISABLED: "account_disabled",
  USER_NOT_FOUND: "account_disabled",
};

export default {
  async fetch(request, env) {
    try {
      return await answer(request, env);
    } catch {
      return refuse("internal"); // what was thrown may hold a secret
    }
  },
};

async function answer(request, env) {
  if (!env.SHARED_SECRET) return refuse("not_configured");
  if (!(await authorized(request, env.SHARED_SECRET))) return refuse("unauthorized");
  const path = new URL(request.url).pathname;
  if (path === "/v1/accounts") {
    if (request.method !== "GET") return refuse("method_not_allowed");
    return json(200, { accounts: accounts(env) });
  }
  const account = /^\/v1\/accounts\/([0-9a-f]{12})\/token$/.exec(path)?.[1];
  if (!account || !env[PREFIX + account]) return refuse("not_found");
  if (request.method !== "POST") return refuse("method_not_allowed");
  const refused = await refusedPrint(request);
  if (refused === null) return refuse("bad_request");
  if (!env.BROKER || !env.FIREBASE_API_KEY || !env.TOKEN_URLS) return refuse("not_configured");
  const told = await env.BROKER.get(env.BROKER.idFromName(account)).token(account, refused);
  return told.refusal ? refuse(told.refusal) : json(200, told);
}

function accounts(env) {
  const names = Object.keys(env).filter((name) => name.startsWith(PREFIX));
  return names.map((name) => name.slice(PREFIX.length)).sort();
}

// Both sides are hashed first, so that neither time nor length tells anything of the secret.
async function authorized(request, secret) {
  const given = /^Bearer (.+)$/.exec(request.headers.get("Authorization") ?? "")?.[1] ?? "";
  const [left, right] = await Promise.all([sha256(given), sha256(secret)]);
  return crypto.subtle.timingSafeEqual(left, right);
}

function sha256(text) {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}

async function print(token) {
  const digits = [...new Uint8Array(await sha256(token))].map((byte) => byte.toString(16).padStart(2, "0"));
  return digits.join("").slice(0, 12);
}

// The print of the refused token, "" if none was, null if the body is not ours.
async function refusedPrint(request) {
  const text = await request.text();
  if (!text) return "";
  try {
    const { refused = "" } = JSON.parse(text);
    return typeof refused === "string" ? refused : null;
  } catch {
    return null;
  }
}

export class Broker extends DurableObject {
  // One account. Stored under "tokens": {access_token, expires_at, refresh_token}; under "failed": {code, at, print},
  // the last final refusal and the refresh token it was about.
  #refreshing = null;

  async token(account, refused) {
    const held = await this.ctx.storage.get("tokens");
    if (held && held.expires_at - Date.now() > MARGIN && (await print(held.access_token)) !== refused) {
      return shown(held);
    }
    // One refresh for all who ask meanwhile.
    this.#refreshing ??= this.#refresh(account, held).finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #refresh(account, seen) {
    const held = await this.ctx.storage.get("tokens");
    // A refresh that ended between the caller's look and now: a rotated refresh token must not be sent twice.
    if (held && held.access_token !== seen?.access_token) return shown(held);
    const refreshToken = held?.refresh_token ?? this.env[PREFIX + account];
    const failed = await this.ctx.storage.get("failed");
    const mark = await print(refreshToken);
    if (failed?.print === mark && Date.now() - failed.at < REST) return { refusal: failed.code };
    for (const url of this.env.TOKEN_URLS.split(" ")) {
      const told = await exchange(url, this.env.FIREBASE_API_KEY, refreshToken);
      if (told.tokens) {
        const tokens = { ...told.tokens, refresh_token: told.tokens.refresh_token || refreshToken };
        await this.ctx.storage.put("tokens", tokens);
        await this.ctx.storage.sync();
        return shown(tokens);
      }
      if (told.refusal) {
        await this.ctx.storage.put("failed", { code: told.refusal, at: Date.now(), print: mark });
        return told;
      }
    }
    return { refusal: "unavailable" };
  }
}

function shown({ access_token, expires_at }) {
  return { access_token, expires_at };
}

// {tokens}, or {refusal} when the endpoint's word is final, or {} when another may do better.
async function exchange(url, key, refreshToken) {
  let response, body;
  try {
    response = await fetch(`${url}?key=${encodeURIComponent(key)}`, {
      method: "POST",
      body: new URLSearchParams({ grant_type: "refresh_token", refresh_token: refreshToken }),
      signal: AbortSignal.timeout(TIMEOUT),
    });
    body = await response.json();
  } catch {
    return {};
  }
  if (!response.ok) {
    const code = String(body?.error?.message ?? "").split(/[\s:]/)[0];
    return Object.hasOwn(FINAL, code) ? { refusal: FINAL[code] } : {};
  }
  const token = body?.id_token || body?.idToken || body?.access_token;
  if (typeof token !== "string") return {};
  const lifetime = Number(body.expires_in ?? body.expiresIn) || 3600;
  return {
    tokens: {
      access_token: token,
      expires_at: endOf(token) || Date.now() + lifetime * 1000,
      refresh_token: body.refresh_token || body.refreshToken || "",
    },
  };
}

// When a JWT ends in Unix ms, 0 if it does not tell. It is our own token, so nothing is verified.
function endOf(token) {
  try {
    const { exp } = JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
    return typeof exp === "number" && exp > 0 && exp < 1e11 ? exp * 1000 : 0;
  } catch {
    return 0;
  }
}

function refuse(code) {
  const [status, message] = REFUSALS[code];
  return json(status, { error: { code, message } });
}

function json(status, body) {
  const headers = { "Content-Type": "application/json", "Cache-Control": "no-store" };
  if (status === 502) headers["Retry-After"] = "5";
  return new Response(JSON.stringify(body), { status, headers });
}
