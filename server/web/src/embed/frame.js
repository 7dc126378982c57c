// The portal inside somebody else's page: asks that page who its user is, and shows the portal's pages to that user.
//
// The bearer token lives in this module and nowhere else. Pages are fetched with it and put into this document; links
// and forms stay in the frame. Messages are described in README.md; whatever is not one of them is dropped.

const PARENTS = (document.querySelector('meta[name="muster-parents"]')?.content ?? "").split(" ").filter(Boolean);
const MESSAGE_CHARS_MAX = 8 * 1024;
const ASSERTION_CHARS_MAX = 16 * 1024;
const ANSWER_MS = 10_000;
const HEIGHT_MS = 100;
const HEIGHT_PX_MAX = 20_000;
const ACTIVITY_MS = 60_000;
/** The share of a session's life after which the next one is asked for. */
const RENEW_AT = 0.8;
/** Nothing of a session goes to a cache, a cookie, another address, or another site's log. */
const QUIET = { cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer" };
/** The pages that the page around may ask for; a segment of dots would lead out of them. */
const PAGE =
  /^\/(?:(?:accounts|instances|updates|changes|trends|service-level)(?:\/(?!\.{1,2}(?:[/?]|$))[A-Za-z0-9_.:-]{1,128}){0,4})?(?:\?[^#]{0,512})?$/;

const WORDS = {
  alone: "VM Management opens inside the page that it belongs to.",
  stranger: "The page around may not show VM Management.",
  no_answer: "The page around did not say who you are.",
  assertion_invalid: "The page around said who you are in a way that VM Management does not believe.",
  assertion_expired: "What the page around said came too early or too late. Its clock may be wrong.",
  assertion_replayed: "What the page around said had been used before.",
  not_allowed: "There is nothing in VM Management that you may see.",
  session_expired: "Your session has ended.",
  too_many_requests: "Too much was asked in a short time. Wait a minute.",
  unavailable: "VM Management did not answer.",
  signed_out: "You are signed out.",
};

class Problem extends Error {
  constructor(code) {
    super(WORDS[code] ?? WORDS.unavailable);
    this.code = code;
  }
}

/** The page around: its origin, and the port that it handed in. */
let around = null;
let token = null;
let ended = false;
/** What the frame made up for the hello that is not answered yet. */
let greeting = null;
/** Takes the assertion that was asked for over the port. */
let takeAssertion = null;
let renewing = null;
let renewTimer;
let current = "/";
let turns = 0;

function nonce() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function tell(message) {
  around?.port.postMessage(message);
}

/** A message that may be one of ours, or null. */
function read(data) {
  if (typeof data !== "object" || data === null || Array.isArray(data) || typeof data.t !== "string") return null;
  const max = data.t === "vmm:assertion" ? ASSERTION_CHARS_MAX : MESSAGE_CHARS_MAX;
  try {
    return JSON.stringify(data).length <= max ? data : null;
  } catch {
    return null;
  }
}

// ---- Session

function hello() {
  if (window.parent === window) return say("alone");
  const above = location.ancestorOrigins?.[0];
  const origins = above === undefined ? PARENTS : PARENTS.filter((origin) => origin === above);
  if (origins.length === 0) return say("stranger");
  const mine = (greeting = nonce());
  for (const origin of origins) window.parent.postMessage({ t: "vmm:hello", v: 1, nonce: mine }, origin);
  setTimeout(() => greeting === mine && say("no_answer", hello), ANSWER_MS);
}

window.addEventListener("message", async (event) => {
  if (event.source !== window.parent || !PARENTS.includes(event.origin)) return;
  const message = read(event.data);
  const port = event.ports[0];
  if (message?.t !== "vmm:assertion" || typeof message.jwt !== "string" || greeting === null || !port) return;
  const made = greeting;
  greeting = null;
  around?.port.close();
  around = { origin: event.origin, port };
  port.onmessage = (heard) => hear(read(heard.data));
  height = -1;
  measure();
  try {
    await startSession(message.jwt, made);
    await show(current, "replace");
  } catch (problem) {
    say(problem.code, hello);
  }
});

/** A message of the page around, over its own port. */
function hear(message) {
  if (message?.t === "vmm:assertion" && typeof message.jwt === "string") {
    takeAssertion?.(message.jwt);
  } else if (message?.t === "vmm:navigate" && typeof message.path === "string" && PAGE.test(message.path)) {
    if (token !== null) show(message.path, "push");
  } else if (message?.t === "vmm:logout") {
    signOut();
  }
}

async function startSession(jwt, made) {
  const body = JSON.stringify({ assertion: jwt, nonce: made });
  const headers = { "content-type": "application/json" };
  const answer = await reach("/embed/v1/session", { method: "POST", headers, body });
  if (!answer.ok) throw new Problem(await codeOf(answer));
  const session = await answer.json();
  if (ended || session.parent !== around.origin) {
    endSession(session.access_token);
    throw new Problem(ended ? "signed_out" : "assertion_invalid");
  }
  const before = token;
  token = session.access_token;
  if (before !== null) endSession(before);
  clearTimeout(renewTimer);
  // A renewal that fails is no fault yet: the next request tries once more, and says so.
  renewTimer = setTimeout(() => renew().catch(() => {}), session.expires_in * 1000 * RENEW_AT);
}

/** Asks the page around for another assertion; whoever asks meanwhile waits for the same one. */
function renew() {
  renewing ??= askAgain().finally(() => (renewing = null));
  return renewing;
}

async function askAgain() {
  if (ended || around === null) throw new Problem("session_expired");
  const made = nonce();
  const jwt = await new Promise((resolve, reject) => {
    takeAssertion = resolve;
    setTimeout(() => reject(new Problem("session_expired")), ANSWER_MS);
    tell({ t: "vmm:renew", nonce: made });
  });
  takeAssertion = null;
  await startSession(jwt, made);
}

function endSession(bearer) {
  const headers = { authorization: `Bearer ${bearer}` };
  return fetch("/embed/v1/session", { ...QUIET, method: "DELETE", headers, keepalive: true }).catch(() => {});
}

async function signOut() {
  ended = true;
  clearTimeout(renewTimer);
  turns += 1;
  const mine = token;
  token = null;
  document.body.replaceChildren();
  say("signed_out");
  if (mine !== null) await endSession(mine);
  tell({ t: "vmm:ended" });
}

async function reach(path, init) {
  try {
    return await fetch(path, { ...QUIET, ...init });
  } catch {
    throw new Problem("unavailable");
  }
}

async function codeOf(answer) {
  const envelope = await answer.json().catch(() => null);
  return envelope?.error?.code ?? "unavailable";
}

/** A request of the session; one that has run out is renewed, and the request repeated once. */
async function ask(path, init = {}) {
  const send = () => reach(path, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });
  if (token === null) throw new Problem(ended ? "signed_out" : "session_expired");
  let answer = await send();
  if (answer.status === 401) {
    await renew();
    answer = await send();
  }
  if (answer.status === 401) throw new Problem("session_expired");
  return answer;
}

// ---- Pages

/** `how` is what becomes of the frame's history: `push`, `replace`, or nothing. */
async function show(path, how, hash = "") {
  const turn = ++turns;
  document.body.setAttribute("aria-busy", "true");
  let page;
  try {
    const answer = await ask(`/embed/v1/pages${/^\/(\?|$)/.test(path) ? path.slice(1) : path}`);
    if (!answer.headers.get("content-type")?.startsWith("text/html")) throw new Problem(await codeOf(answer));
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch (problem) {
    if (turn === turns) say(problem.code, () => show(path, how, hash));
    return;
  }
  if (turn !== turns) return;
  current = path;
  const address = `/embed/?route=${encodeURIComponent(path)}`;
  if (how === "push") history.pushState({ route: path }, "", address);
  if (how === "replace") history.replaceState({ route: path }, "", address);
  swap(page);
  if (how === "push") (document.getElementById(hash) ?? document.getElementById("main"))?.focus();
  document.getElementById(hash)?.scrollIntoView();
  tell({ t: "vmm:title", title: document.title.slice(0, 200) });
  if (PAGE.test(path)) tell({ t: "vmm:route", path });
}

/** Islands that live already: each is the same on every page, so it moves along instead of starting anew. */
const islands = new Map();

function swap(page) {
  for (const element of page.body.querySelectorAll("script, base, iframe, object, embed, meta, link")) element.remove();
  const fresh = [];
  for (const island of page.body.querySelectorAll("leptos-island")) {
    const name = island.dataset.component ?? "";
    const alive = islands.get(name);
    if (alive) island.replaceWith(alive);
    else {
      islands.set(name, island);
      fresh.push(island);
    }
  }
  document.title = page.title;
  document.body.replaceChildren(...page.body.childNodes);
  document.body.removeAttribute("aria-busy");
  for (const island of fresh) enliven(island);
}

let runtime;

/** Without WebAssembly pages still do all they must. */
async function enliven(island) {
  runtime ??= import("/pkg/app.js").then(async (module) => {
    await module.default({ module_or_path: "/pkg/app_bg.wasm" });
    module.hydrate();
    return module;
  });
  try {
    const start = (await runtime)[island.dataset.component];
    await start?.(island);
  } catch (error) {
    console.warn("a part of the page did not come alive", error);
  }
}

/** A text in place of the page, with a way to try again where there is one. */
function say(code, again) {
  const section = document.createElement("section");
  section.className = "card problem";
  const text = document.createElement("p");
  text.setAttribute("role", "status");
  text.textContent = WORDS[code] ?? WORDS.unavailable;
  section.append(text);
  if (again && !ended) {
    const button = document.createElement("button");
    button.className = "button";
    button.type = "button";
    button.textContent = "Try again";
    button.addEventListener("click", () => again());
    section.append(button);
  }
  let main = document.getElementById("main");
  if (!main) {
    main = document.createElement("main");
    main.id = "main";
    main.tabIndex = -1;
    document.body.append(main);
  }
  main.replaceChildren(section);
  document.body.removeAttribute("aria-busy");
}

/** A link cannot carry the bearer: it carries a ticket that is good once. */
async function download(path) {
  try {
    const headers = { "content-type": "application/json" };
    const answer = await ask("/embed/v1/exports", { method: "POST", headers, body: JSON.stringify({ path }) });
    if (!answer.ok) throw new Problem(await codeOf(answer));
    const link = document.createElement("a");
    link.href = (await answer.json()).url;
    link.download = "";
    link.click();
  } catch (problem) {
    say(problem.code, () => show(current));
  }
}

// ---- What the reader does

const here = (href) => new URL(href, new URL(current, location.origin));

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (!link || event.defaultPrevented || event.button !== 0) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const href = link.getAttribute("href");
  const url = here(href);
  if (href.startsWith("#")) {
    event.preventDefault();
    document.getElementById(href.slice(1))?.focus();
  } else if (url.origin === location.origin) {
    event.preventDefault();
    const path = url.pathname + url.search;
    if (url.pathname.startsWith("/export/")) download(path);
    else show(path, "push", url.hash.slice(1));
  } else if (url.protocol === "https:" || url.protocol === "http:") {
    link.setAttribute("target", "_blank");
    link.setAttribute("rel", "noopener noreferrer");
  } else {
    event.preventDefault();
  }
});

document.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  const url = here(form.getAttribute("action") ?? current);
  if ((form.getAttribute("method") ?? "get").toLowerCase() !== "get" || url.origin !== location.origin) return;
  const query = new URLSearchParams(new FormData(form, event.submitter)).toString();
  show(url.pathname + (query && `?${query}`), "push");
});

window.addEventListener("popstate", (event) => {
  const route = event.state?.route;
  if (typeof route === "string" && token !== null) show(route);
});

/** The frame goes: so does its session. */
window.addEventListener("pagehide", () => {
  if (token !== null) endSession(token);
});

let active = -ACTIVITY_MS;
for (const kind of ["pointerdown", "keydown"]) {
  window.addEventListener(kind, (event) => {
    if (event.timeStamp - active < ACTIVITY_MS) return;
    active = event.timeStamp;
    tell({ t: "vmm:activity" });
  });
}

let height = -1;
let heightTimer = null;
function measure() {
  heightTimer ??= setTimeout(() => {
    heightTimer = null;
    const px = Math.min(HEIGHT_PX_MAX, Math.ceil(document.body.getBoundingClientRect().height));
    if (px === height || around === null) return;
    height = px;
    tell({ t: "vmm:height", px });
  }, HEIGHT_MS);
}
new ResizeObserver(measure).observe(document.body);

const wanted = new URLSearchParams(location.search).get("route") ?? "/";
if (PAGE.test(wanted)) current = wanted;
hello();
