// The portal embedded in the demo's manage portal.

import { readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { AxeBuilder } from "@axe-core/playwright";
import { parseCsv } from "../fixtures/csv";
import { expect, NO_THIRD_PARTY_COOKIES, test, type Embedded, type Person } from "../fixtures/embed";

test.use({
  launchOptions: {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", NO_THIRD_PARTY_COOKIES],
  },
});

/** The ids of the instances that a person sees in the portal itself. */
async function ownInstances({ portal }: Embedded, person: Person): Promise<string[]> {
  const headers = { "content-type": "application/x-www-form-urlencoded", origin: portal };
  const signIn = await fetch(`${portal}/sign-in/demo`, {
    method: "POST",
    headers,
    body: `person=${person}`,
    redirect: "manual",
  });
  const cookie = (signIn.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  const answer = await fetch(`${portal}/api/v1/instances?per_page=500`, { headers: { cookie } });
  expect(answer.status).toBe(200);
  const list = (await answer.json()) as { total: number; rows: { instance_id: string }[] };
  expect(list.rows.length).toBe(list.total);
  return list.rows.map((row) => row.instance_id).sort();
}

/** The ids of the instances on all pages of the list in the frame. */
async function embeddedInstances(embedded: Embedded): Promise<string[]> {
  await embedded.frame.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Instances" }).click();
  await expect(embedded.main.getByRole("heading", { name: "Instances", exact: true, level: 1 })).toBeVisible();
  const ids: string[] = [];
  for (;;) {
    const links = embedded.main.locator("tbody th a[href^='/instances/']");
    const hrefs = await links.evaluateAll((links) => links.map((link) => link.getAttribute("href") ?? ""));
    ids.push(...hrefs.map((href) => href.replace("/instances/", "").replace(/\?.*$/, "")));
    const next = embedded.main.getByRole("link", { name: /^Next/ });
    if ((await next.count()) === 0) return [...new Set(ids)].sort();
    const shown = hrefs[0];
    await next.first().click();
    await expect(links.first()).not.toHaveAttribute("href", shown ?? "");
  }
}

for (const person of ["customer", "account_manager"] as const) {
  test(`${person}: the frame shows exactly their own instances`, async ({ embedded }) => {
    const own = await ownInstances(embedded, person);
    await embedded.open(person);
    expect(own.length).toBeGreaterThan(0);
    expect(await embeddedInstances(embedded)).toEqual(own);
    await expect(embedded.frame.getByRole("link", { name: "Harvest" })).toHaveCount(0);
  });
}

test("the frame works without third-party cookies", async ({ embedded, page }) => {
  const setCookie = () => {
    document.cookie = "probe=1; SameSite=None; Secure";
    return document.cookie;
  };
  await embedded.open("customer");
  expect(await embedded.document().evaluate(setCookie)).toBe("");
  expect(await page.context().cookies(embedded.portal)).toEqual([]);
  // The same document outside a frame may set it.
  await page.goto(`${embedded.portal}/embed/`);
  expect(await page.evaluate(setCookie)).toBe("probe=1");
});

test("pages, filters, islands, history and the address bar work with the frame", async ({ embedded, page }) => {
  await embedded.open("customer");
  const { frame, main } = embedded;
  const theme = frame.getByRole("button", { name: /^Theme:/ });
  await expect(theme).toBeVisible();
  await theme.click();
  await expect(theme).toHaveText(/light/);

  await frame.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Instances" }).click();
  await expect(page).toHaveURL(`${embedded.manage}/vm-management?route=%2Finstances`);
  await expect(page).toHaveTitle(/^Instances · VM Management/);
  await expect(main).toBeFocused();
  // The island kept its state.
  await expect(theme).toHaveText(/light/);

  // A selected value applies immediately, without empty fields in the address.
  await main.getByLabel("Patch status").selectOption({ label: "Pending" });
  const pending = `${embedded.manage}/vm-management?route=${encodeURIComponent("/instances?status=pending")}`;
  await expect(page).toHaveURL(pending);
  await frame.getByRole("searchbox", { name: /^Search instances/ }).fill("no-such-instance");
  await frame.getByRole("searchbox", { name: /^Search instances/ }).press("Enter");
  await expect(page).toHaveURL(/route=%2Fsearch%3Fq%3Dno-such-instance$/);
  expect(embedded.tokens.length, "one session").toBe(1);

  // Going back changes the frame, not the embedding page.
  await page.evaluate(() => history.back());
  await expect(main.getByLabel("Patch status")).toHaveValue("pending");
  // The embedding page is notified a moment later.
  await expect(page).toHaveURL(pending);
  // A reload of the embedding page opens the same page in the frame.
  await page.reload();
  await expect(main.getByLabel("Patch status")).toHaveValue("pending");

  // The frame reports its height after showing a page, at most ten times a second.
  const height = () => page.evaluate(() => document.querySelector("iframe")?.clientHeight ?? 0);
  await expect.poll(height, "higher than an empty frame").toBeGreaterThan(320);
  const inner = () => embedded.document().evaluate(() => document.documentElement.scrollHeight - window.innerHeight);
  await expect.poll(inner, "the frame is as high as its page").toBeLessThanOrEqual(2);
  await page.screenshot({ path: "test-results/pages/embedded.png", fullPage: true });
});

test("downloads a CSV from the frame", async ({ embedded, page }) => {
  const own = await ownInstances(embedded, "customer");
  await embedded.open("customer");
  await embedded.frame.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Instances" }).click();
  const downloading = page.waitForEvent("download");
  await embedded.main.getByRole("link", { name: "Export instances as CSV" }).first().click();
  const file = await downloading;
  expect(file.suggestedFilename()).toMatch(/^muster-instances-\d{8}\.csv$/);
  const [header, ...rows] = parseCsv(await readFile(await file.path(), "utf8"));
  const at = (header ?? []).indexOf("instance_id");
  expect(rows.map((row) => row[at] ?? "").sort()).toEqual(own);
  // The page is still shown, and the ticket cannot be used again.
  await expect(embedded.main.getByRole("heading", { name: "Instances", exact: true, level: 1 })).toBeVisible();
  expect((await fetch(file.url())).status).toBe(404);
});

for (const [whose, host] of [
  ["a page of another host", "localhost"],
  ["a page with a look-alike name", "manage.localhost"],
  ["a page on the portal's own host", "127.0.0.1"],
] as const) {
  test(`${whose} gets a blank frame and no messages`, async ({ embedded, page, foreignSite }) => {
    await page.goto(foreignSite.at(host));
    await page.waitForFunction(() => (window as unknown as { received: unknown[] }).received.length > 0);
    await expect.poll(() => page.frames().map((frame) => frame.url()).join(" ")).toContain("chrome-error:");
    const text = await page.frameLocator("iframe").locator("body").innerText();
    expect(text).not.toContain("VM Management");
    expect(await page.evaluate(() => (window as unknown as { received: unknown[] }).received)).toEqual([{ t: "control" }]);
    expect(embedded.requests.map(({ url }) => url).filter((url) => url.includes("/embed/frame.js"))).toEqual([]);
  });
}

test("the shell outside a frame requests no assertion", async ({ embedded, page }) => {
  await page.goto(`${embedded.portal}/embed/?route=/instances`);
  await expect(page.getByRole("status")).toHaveText("VM Management can only be opened inside its embedding page.");
  expect(embedded.assertions).toEqual([]);
});

test("rejects a replayed assertion", async ({ embedded }) => {
  await embedded.open("customer");
  const [body] = embedded.assertions;
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${embedded.portal}/embed/v1/session`, { method: "POST", headers, body: body ?? "" });
  expect(answer.status).toBe(401);
  expect(((await answer.json()) as { error: { code: string } }).error.code).toBe("assertion_replayed");
});

test("renews an expired session and then shows the requested page", async ({ embedded }) => {
  await embedded.open("customer");
  await embedded.expire();
  await embedded.frame.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Updates" }).click();
  await expect(embedded.main.getByRole("heading", { name: "Updates", exact: true, level: 1 })).toBeVisible();
  await expect.poll(() => embedded.tokens.length).toBe(2);
});

test("shows an expired session and retries after signing in again", async ({ embedded, page }) => {
  await embedded.open("customer");
  const cookies = await page.context().cookies();
  await page.context().clearCookies();
  await embedded.expire();
  await embedded.frame.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Updates" }).click();
  await expect(embedded.frame.getByRole("status")).toHaveText("Your session has expired.", { timeout: 20_000 });
  await page.context().addCookies(cookies);
  await embedded.frame.getByRole("button", { name: "Try again" }).click();
  await expect(embedded.main.getByRole("heading", { name: "Updates", exact: true, level: 1 })).toBeVisible();
});

test("signing out of the embedding page ends the frame's session", async ({ embedded, page }) => {
  await embedded.open("customer");
  const authorization = `Bearer ${await embedded.token()}`;
  const status = async () => (await fetch(`${embedded.portal}/embed/v1/pages`, { headers: { authorization } })).status;
  expect(await status()).toBe(200);
  // The embedding page waits only a second for the frame, which may be busy for longer while it hydrates.
  await expect(embedded.frame.getByRole("button", { name: /^Theme:/ })).toBeVisible();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("button", { name: "Ada Lind" })).toBeVisible();
  await expect.poll(status).toBe(401);
});

test("the token is in no address, page, store, referrer or log", async ({ embedded }) => {
  await embedded.open("account_manager");
  for (const name of ["Instances", "Updates", "Coverage"]) {
    await embedded.frame.getByRole("navigation", { name: "Main" }).getByRole("link", { name }).click();
    await expect(embedded.main.getByRole("heading", { level: 1 })).toHaveText(name);
  }
  const token = await embedded.token();
  const seen = await embedded.document().evaluate(async () => {
    const stores = ["localStorage", "sessionStorage"].map((name) => {
      try {
        return JSON.stringify((window as unknown as Record<string, Storage>)[name]);
      } catch {
        return "";
      }
    });
    const globals = Object.getOwnPropertyNames(window).map((name) => {
      try {
        return String((window as unknown as Record<string, unknown>)[name]);
      } catch {
        return "";
      }
    });
    const caches = await window.caches?.keys().catch(() => []);
    return [document.documentElement.outerHTML, document.cookie, location.href, JSON.stringify(history.state)]
      .concat(stores, globals, caches ?? [])
      .join("\n");
  });
  const embeddingPage = await embedded.page.evaluate(() => document.documentElement.outerHTML);
  expect(seen).toContain("VM Management");
  for (const text of [seen, embeddingPage, JSON.stringify(embedded.consoleMessages), JSON.stringify(embedded.requests)]) {
    expect(text.includes(token)).toBe(false);
  }
  const fromFrame = embedded.requests.filter(({ url }) => url.includes("/embed/v1/"));
  expect(fromFrame.length).toBeGreaterThan(3);
  expect(fromFrame.filter(({ referrer }) => referrer !== "")).toEqual([]);
  const log = "test-results/portal-demo.log";
  if (existsSync(log)) expect((await readFile(log, "utf8")).includes(token)).toBe(false);
});

test("accepts only valid messages from the embedding page", async ({ embedded, page }) => {
  await embedded.open("customer");
  await embedded.page.goto(`${embedded.manage}/`);
  await page.evaluate(async (portal) => {
    const script = "/parent.js";
    const { embedVmManagement } = await import(script);
    const assertion = async (nonce: string) => {
      const headers = { "content-type": "application/json" };
      const answer = await fetch("/vmm/assertion", { method: "POST", headers, body: JSON.stringify({ nonce }) });
      return (await answer.json()).assertion;
    };
    const routes: string[] = [];
    const place = document.querySelector("main");
    const vmm = embedVmManagement({ portal, place, assertion, onRoute: (path: string) => routes.push(path) });
    Object.assign(window, { vmm, routes });
  }, embedded.portal);
  type EmbeddingPage = { vmm: { navigate(path: unknown): void; frame: HTMLIFrameElement }; routes: string[] };
  const routes = () => page.evaluate(() => (window as unknown as EmbeddingPage).routes);
  const navigate = (path: unknown) => page.evaluate((path) => (window as unknown as EmbeddingPage).vmm.navigate(path), path);
  await expect.poll(routes).toEqual(["/"]);
  const before = embedded.requests.length;
  for (const path of [
    "//evil.example",
    "javascript:alert(1)",
    "https://evil.example/instances",
    "/sign-out",
    "/embed/v1/session",
    "/instances/../../session",
    "/instances/..",
    "/instances#x",
    `/instances?q=${"a".repeat(600)}`,
    "/instances\\evil",
    "instances",
    "",
    null,
    { toString: "/instances" },
    ["/instances"],
  ]) {
    await navigate(path);
  }
  // From the embedding page but not over its port, and from the frame itself.
  await page.evaluate((portal) => {
    const frame = (window as unknown as EmbeddingPage).vmm.frame.contentWindow;
    for (const message of [null, 7, "vmm:logout", [], { t: "vmm:logout" }, { t: "vmm:navigate", path: "/trends" }]) {
      frame?.postMessage(message, portal);
    }
  }, embedded.portal);
  await embedded.document().evaluate(() => {
    const { port1 } = new MessageChannel();
    window.postMessage({ t: "vmm:assertion", jwt: "a.b.c" }, "*", [port1]);
  });
  await navigate("/updates?state=Missing");
  await expect.poll(routes).toEqual(["/", "/updates?state=Missing"]);
  const requests = embedded.requests.slice(before).map(({ url }) => url.replace(embedded.portal, ""));
  expect(requests.filter((url) => url.startsWith("/embed/"))).toEqual(["/embed/v1/pages/updates?state=Missing"]);
  // Ending the session is a valid message: nothing of the pages remains in the frame.
  await page.evaluate(() => (window as unknown as { vmm: { end(): Promise<void> } }).vmm.end());
  await expect(embedded.frame.locator("body")).toHaveText("You have signed out.");
});

test("ignores a valid assertion from another window than the embedding page", async ({ embedded, page }) => {
  await embedded.signIn("customer");
  type EmbeddingPage = { assertion: string; frame: HTMLIFrameElement };
  await page.evaluate(async (portal) => {
    const script = "/parent.js";
    const { embedVmManagement } = await import(script);
    // The embedding page is asked for an assertion and does not answer yet.
    const requested = new Promise<string>((resolve) => {
      const assertion = (nonce: string) => {
        resolve(nonce);
        return new Promise(() => {});
      };
      const { frame } = embedVmManagement({ portal, place: document.querySelector("main"), assertion });
      Object.assign(window, { frame });
    });
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ nonce: await requested });
    const answer = await fetch("/vmm/assertion", { method: "POST", headers, body });
    const other = document.createElement("iframe");
    other.name = "other";
    document.body.append(other);
    Object.assign(window, { assertion: (await answer.json()).assertion });
  }, embedded.portal);

  const other = page.frame({ name: "other" });
  if (!other) throw new Error("the other window is missing");
  await other.evaluate((portal) => {
    const { assertion, frame } = window.parent as unknown as EmbeddingPage;
    const { port1, port2 } = new MessageChannel();
    const received: unknown[] = [];
    port1.onmessage = (event) => received.push(event.data);
    Object.assign(window, { received });
    frame.contentWindow?.postMessage({ t: "vmm:assertion", jwt: assertion }, portal, [port2]);
  }, embedded.portal);
  await page.evaluate((portal) => {
    const { assertion, frame } = window as unknown as EmbeddingPage;
    frame.contentWindow?.postMessage({ t: "vmm:assertion", jwt: assertion }, portal, [new MessageChannel().port2]);
  }, embedded.portal);
  await expect(page.frameLocator("iframe[title]").getByRole("heading", { level: 1 })).toBeVisible();
  expect(await other.evaluate(() => (window as unknown as { received: unknown[] }).received)).toEqual([]);
});

test("limits height messages and keeps the frame usable", async ({ embedded, page }) => {
  await embedded.open("customer");
  await page.evaluate(() => {
    const frame = document.querySelector("iframe");
    const counter = window as unknown as { heights: number };
    counter.heights = 0;
    if (frame) new MutationObserver(() => counter.heights++).observe(frame, { attributeFilter: ["style"] });
  });
  const elapsed = await embedded.document().evaluate(async () => {
    const start = performance.now();
    const block = document.body.appendChild(document.createElement("div"));
    for (let i = 0; i < 150; i++) {
      block.style.height = i % 2 ? "90000px" : `${i * 10}px`;
      await new Promise(requestAnimationFrame);
    }
    block.remove();
    return performance.now() - start;
  });
  await embedded.frame.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Coverage" }).click();
  await expect(embedded.main.getByRole("heading", { level: 1 })).toHaveText("Coverage");
  const heights = await page.evaluate(() => (window as unknown as { heights: number }).heights);
  expect(heights).toBeGreaterThan(0);
  // One per 100 ms, plus those of the page that was opened afterwards.
  expect(heights).toBeLessThanOrEqual(elapsed / 100 + 15);
  const height = await page.evaluate(() => document.querySelector("iframe")?.clientHeight ?? 0);
  expect(height).toBeLessThanOrEqual(20_000);
});

for (const scheme of ["light", "dark"] as const) {
  test(`the embedding page and the frame are accessible, ${scheme}`, async ({ embedded, page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    const violations = async () => {
      const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
      const found = (await new AxeBuilder({ page }).withTags(tags).analyze()).violations;
      return found.map(({ id, nodes }) => ({ id, nodes: nodes.slice(0, 3).map(({ html }) => html) }));
    };
    await page.goto(embedded.manage);
    expect(await violations()).toEqual([]);
    await embedded.open("customer");
    expect(await violations()).toEqual([]);
    for (const width of [1024, 360]) {
      await page.setViewportSize({ width, height: 900 });
      const excess = () => embedded.document().evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      await expect.poll(excess).toBeLessThanOrEqual(0);
    }
  });
}
