// The embedded portal: requests a sign-in assertion from the embedding page and shows the portal's pages to its user.
//
// The bearer token exists only in this module. Pages are fetched with it and inserted into this document; links and forms
// stay in the frame. docs/integrating.md describes the messages; all others are ignored.

const PARENTS = (document.querySelector('meta[name="muster-parents"]')?.content ?? "").split(" ").filter(Boolean);
const MAX_MESSAGE_CHARS = 8 * 1024;
const MAX_ASSERTION_CHARS = 16 * 1024;
const RESPONSE_TIMEOUT_MS = 10_000;
const HEIGHT_INTERVAL_MS = 100;
const MAX_HEIGHT_PX = 20_000;
const ACTIVITY_INTERVAL_MS = 60_000;
/** The share of a session's lifetime after which it is renewed. */
const RENEW_AT = 0.8;
/** Keeps the session out of caches, cookies, redirects and referrers. */
const FETCH_OPTIONS = { cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer" };
/** The pages that the embedding page may open. Segments of dots are excluded because they leave the listed paths. */
const PAGE_PATH =
  /^\/(?:(?:accounts|calendar|coverage|customers|enrollment|exceptions|exposure|instances|updates|runs|search|software|changes|trends|service-level)(?:\/(?!\.{1,2}(?:[/?]|$))(?:[A-Za-z0-9_.:-]|%2B|%20){1,128}){0,4})?(?:\?[^#]{0,512})?$/;

const ERROR_TEXTS = {
  not_framed: "VM Management can only be opened inside its embedding page.",
  not_embeddable: "This page is not allowed to embed VM Management.",
  no_answer: "The embedding page did not send a sign-in assertion. Try again.",
  assertion_invalid: "The embedding page sent an invalid sign-in assertion.",
  assertion_expired: "The sign-in assertion is expired or not yet valid. Check the clock of the embedding server.",
  assertion_replayed: "The sign-in assertion was already used. Reload the page.",
  not_allowed: "You do not have access to VM Management.",
  session_expired: "Your session has expired.",
  too_many_requests: "Too many requests. Try again in a minute.",
  unavailable: "VM Management is not available. Try again.",
  signed_out: "You have signed out.",
};

class EmbedError extends Error {
  constructor(code) {
    super(ERROR_TEXTS[code] ?? ERROR_TEXTS.unavailable);
    this.code = code;
  }
}

/** The embedding page: its origin and the message port that it sent. */
let parentPage = null;
let token = null;
let ended = false;
/** The nonce of the hello that has not been answered yet. */
let helloNonce = null;
/** Resolves the pending renewal with the assertion from the port. */
let resolveAssertion = null;
let renewing = null;
let renewTimer;
let current = "/";
/** Counts navigations, so that a slow response does not replace a newer page. */
let navigations = 0;

function createNonce() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function sendToParent(message) {
  parentPage?.port.postMessage(message);
}

/** A well-formed message, or null. */
function parseMessage(data) {
  if (typeof data !== "object" || data === null || Array.isArray(data) || typeof data.t !== "string") return null;
  const max = data.t === "vmm:assertion" ? MAX_ASSERTION_CHARS : MAX_MESSAGE_CHARS;
  try {
    return JSON.stringify(data).length <= max ? data : null;
  } catch {
    return null;
  }
}

// ---- Session

function sendHello() {
  if (window.parent === window) return showMessage("not_framed");
  const parentOrigin = location.ancestorOrigins?.[0];
  const origins = parentOrigin === undefined ? PARENTS : PARENTS.filter((origin) => origin === parentOrigin);
  if (origins.length === 0) return showMessage("not_embeddable");
  const nonce = (helloNonce = createNonce());
  for (const origin of origins) window.parent.postMessage({ t: "vmm:hello", v: 1, nonce }, origin);
  setTimeout(() => helloNonce === nonce && showMessage("no_answer", sendHello), RESPONSE_TIMEOUT_MS);
}

window.addEventListener("message", async (event) => {
  if (event.source !== window.parent || !PARENTS.includes(event.origin)) return;
  const message = parseMessage(event.data);
  const port = event.ports[0];
  if (message?.t !== "vmm:assertion" || typeof message.jwt !== "string" || helloNonce === null || !port) return;
  const nonce = helloNonce;
  helloNonce = null;
  parentPage?.port.close();
  parentPage = { origin: event.origin, port };
  port.onmessage = (event) => handleMessage(parseMessage(event.data));
  reportedHeight = -1;
  reportHeight();
  try {
    await startSession(message.jwt, nonce);
    await show(current, "replace");
  } catch (error) {
    showMessage(error.code, sendHello);
  }
});

/** Handles a message that the embedding page sent over its port. */
function handleMessage(message) {
  if (message?.t === "vmm:assertion" && typeof message.jwt === "string") {
    resolveAssertion?.(message.jwt);
  } else if (message?.t === "vmm:navigate" && typeof message.path === "string" && PAGE_PATH.test(message.path)) {
    if (token !== null) show(message.path, "push");
  } else if (message?.t === "vmm:logout") {
    signOut();
  }
}

async function startSession(jwt, nonce) {
  const body = JSON.stringify({ assertion: jwt, nonce });
  const headers = { "content-type": "application/json" };
  const response = await request("/embed/v1/session", { method: "POST", headers, body });
  if (!response.ok) throw new EmbedError(await errorCode(response));
  const session = await response.json();
  if (ended || session.parent !== parentPage.origin) {
    endSession(session.access_token);
    throw new EmbedError(ended ? "signed_out" : "assertion_invalid");
  }
  const previous = token;
  token = session.access_token;
  if (previous !== null) endSession(previous);
  clearTimeout(renewTimer);
  // A failed renewal is ignored here: the next request retries it and reports the error.
  renewTimer = setTimeout(() => renew().catch(() => {}), session.expires_in * 1000 * RENEW_AT);
}

/** Renews the session with a new assertion; concurrent calls share one renewal. */
function renew() {
  renewing ??= requestRenewal().finally(() => (renewing = null));
  return renewing;
}

async function requestRenewal() {
  if (ended || parentPage === null) throw new EmbedError("session_expired");
  const nonce = createNonce();
  const jwt = await new Promise((resolve, reject) => {
    resolveAssertion = resolve;
    setTimeout(() => reject(new EmbedError("session_expired")), RESPONSE_TIMEOUT_MS);
    sendToParent({ t: "vmm:renew", nonce });
  });
  resolveAssertion = null;
  await startSession(jwt, nonce);
}

function endSession(bearer) {
  const headers = { authorization: `Bearer ${bearer}` };
  return fetch("/embed/v1/session", { ...FETCH_OPTIONS, method: "DELETE", headers, keepalive: true }).catch(() => {});
}

async function signOut() {
  ended = true;
  clearTimeout(renewTimer);
  navigations += 1;
  const bearer = token;
  token = null;
  document.body.replaceChildren();
  showMessage("signed_out");
  if (bearer !== null) await endSession(bearer);
  sendToParent({ t: "vmm:ended" });
}

async function request(path, init) {
  try {
    return await fetch(path, { ...FETCH_OPTIONS, ...init });
  } catch {
    throw new EmbedError("unavailable");
  }
}

async function errorCode(response) {
  const envelope = await response.json().catch(() => null);
  return envelope?.error?.code ?? "unavailable";
}

/** Sends a request with the session; renews an expired session and repeats the request once. */
async function fetchWithSession(path, init = {}) {
  const send = () => request(path, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });
  if (token === null) throw new EmbedError(ended ? "signed_out" : "session_expired");
  let response = await send();
  if (response.status === 401) {
    await renew();
    response = await send();
  }
  if (response.status === 401) throw new EmbedError("session_expired");
  return response;
}

// ---- Pages

/** Shows a page. `historyMode` is `push`, `replace` or undefined. */
async function show(path, historyMode, hash = "") {
  const navigation = ++navigations;
  document.body.setAttribute("aria-busy", "true");
  let page;
  try {
    const response = await fetchWithSession(`/embed/v1/pages${/^\/(\?|$)/.test(path) ? path.slice(1) : path}`);
    if (!response.headers.get("content-type")?.startsWith("text/html")) throw new EmbedError(await errorCode(response));
    page = new DOMParser().parseFromString(await response.text(), "text/html");
  } catch (error) {
    if (navigation === navigations) showMessage(error.code, () => show(path, historyMode, hash));
    return;
  }
  if (navigation !== navigations) return;
  current = path;
  const address = `/embed/?route=${encodeURIComponent(path)}`;
  if (historyMode === "push") history.pushState({ route: path }, "", address);
  if (historyMode === "replace") history.replaceState({ route: path }, "", address);
  replacePage(page);
  if (historyMode === "push") (document.getElementById(hash) ?? document.getElementById("main"))?.focus();
  document.getElementById(hash)?.scrollIntoView();
  sendToParent({ t: "vmm:title", title: document.title.slice(0, 200) });
  if (PAGE_PATH.test(path)) sendToParent({ t: "vmm:route", path });
}

/** Hydrated islands by name. Each is the same on every page, so it moves to the next page and keeps its state. */
const islands = new Map();

function replacePage(page) {
  for (const element of page.body.querySelectorAll("script, base, iframe, object, embed, meta, link")) element.remove();
  const fresh = [];
  for (const island of page.body.querySelectorAll("leptos-island")) {
    const name = island.dataset.component ?? "";
    const hydrated = islands.get(name);
    if (hydrated) island.replaceWith(hydrated);
    else {
      islands.set(name, island);
      fresh.push(island);
    }
  }
  document.title = page.title;
  document.body.replaceChildren(...page.body.childNodes);
  document.body.removeAttribute("aria-busy");
  for (const island of fresh) hydrateIsland(island);
}

let runtime;

/** Pages work without WebAssembly, so a failure is only logged. */
async function hydrateIsland(island) {
  runtime ??= import("/pkg/app.js").then(async (module) => {
    await module.default({ module_or_path: "/pkg/app_bg.wasm" });
    module.hydrate();
    return module;
  });
  try {
    const start = (await runtime)[island.dataset.component];
    await start?.(island);
  } catch (error) {
    console.warn("an island could not be hydrated", error);
  }
}

/** Shows a message instead of the page, with a retry button if `retry` is given. */
function showMessage(code, retry) {
  const section = document.createElement("section");
  section.className = "card error-panel";
  const text = document.createElement("p");
  text.setAttribute("role", "status");
  text.textContent = ERROR_TEXTS[code] ?? ERROR_TEXTS.unavailable;
  section.append(text);
  if (retry && !ended) {
    const button = document.createElement("button");
    button.className = "button";
    button.type = "button";
    button.textContent = "Try again";
    button.addEventListener("click", () => retry());
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

/** Downloads an export with a single-use ticket, because a link cannot carry the bearer token. */
async function download(path) {
  try {
    const headers = { "content-type": "application/json" };
    const response = await fetchWithSession("/embed/v1/exports", { method: "POST", headers, body: JSON.stringify({ path }) });
    if (!response.ok) throw new EmbedError(await errorCode(response));
    const link = document.createElement("a");
    link.href = (await response.json()).url;
    link.download = "";
    link.click();
  } catch (error) {
    showMessage(error.code, () => show(current));
  }
}

// ---- Events

const resolveUrl = (href) => new URL(href, new URL(current, location.origin));

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (!link || event.defaultPrevented || event.button !== 0) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const href = link.getAttribute("href");
  const url = resolveUrl(href);
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
  const url = resolveUrl(form.getAttribute("action") ?? current);
  if ((form.getAttribute("method") ?? "get").toLowerCase() !== "get" || url.origin !== location.origin) return;
  const query = new URLSearchParams(new FormData(form, event.submitter)).toString();
  show(url.pathname + (query && `?${query}`), "push");
});

window.addEventListener("popstate", (event) => {
  const route = event.state?.route;
  if (typeof route === "string" && token !== null) show(route);
});

/** Ends the session when the frame is closed. */
window.addEventListener("pagehide", () => {
  if (token !== null) endSession(token);
});

let lastActivity = -ACTIVITY_INTERVAL_MS;
for (const kind of ["pointerdown", "keydown"]) {
  window.addEventListener(kind, (event) => {
    if (event.timeStamp - lastActivity < ACTIVITY_INTERVAL_MS) return;
    lastActivity = event.timeStamp;
    sendToParent({ t: "vmm:activity" });
  });
}

let reportedHeight = -1;
let heightTimer = null;
function reportHeight() {
  heightTimer ??= setTimeout(() => {
    heightTimer = null;
    const px = Math.min(MAX_HEIGHT_PX, Math.ceil(document.body.getBoundingClientRect().height));
    if (px === reportedHeight || parentPage === null) return;
    reportedHeight = px;
    sendToParent({ t: "vmm:height", px });
  }, HEIGHT_INTERVAL_MS);
}
new ResizeObserver(reportHeight).observe(document.body);

const route = new URLSearchParams(location.search).get("route") ?? "/";
if (PAGE_PATH.test(route)) current = route;
sendHello();
