// The portal in the stand-in manage portal's frame: for the people of that page, and for nobody else's.

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

/** The ids of the machines that somebody sees in the portal itself, signed in there. */
async function ownMachines({ portal }: Embedded, person: Person): Promise<string[]> {
  const headers = { "content-type": "application/x-www-form-urlencoded", origin: portal };
  const door = await fetch(`${portal}/sign-in/demo`, {
    method: "POST",
    headers,
    body: `person=${person}`,
    redirect: "manual",
  });
  const cookie = (door.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  const answer = await fetch(`${portal}/api/v1/instances?per_page=500`, { headers: { cookie } });
  expect(answer.status).toBe(200);
  const list = (await answer.json()) as { total: number; rows: { instance_id: string }[] };
  expect(list.rows.length).toBe(list.total);
  return list.rows.map((row) => row.instance_id).sort();
}

/** The ids of the machines that the frame shows, on however many pages. */
async function framedMachines(embedded: Embedded): Promise<string[]> {
  await embedded.frame.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Instances" }).click();
  await expect(embedded.main.getByRole("heading", { name: "Instances", level: 1 })).toBeVisible();
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
  test(`${person}: the frame shows exactly their own machines`, async ({ embedded }) => {
    const own = await ownMachines(embedded, person);
    await embedded.open(person);
    expect(own.length).toBeGreaterThan(0);
    expect(await framedMachines(embedded)).toEqual(own);
    await expect(embedded.frame.getByRole("link", { name: "Harvest" })).toHaveCount(0);
  });
}

test("third parties' cookies are blocked, and the frame needs none", async ({ embedded, page }) => {
  const keep = () => {
    document.cookie = "probe=1; SameSite=None; Secure";
    return document.cookie;
  };
  await embedded.open("customer");
  expect(await embedded.document().evaluate(keep)).toBe("");
  expect(await page.context().cookies(embedded.portal)).toEqual([]);
  // The same document by itself may keep it.
  await page.goto(`${embedded.portal}/embed/`);
  expect(await page.evaluate(keep)).toBe("probe=1");
});

test("pages, filters, islands, history and the address around work inside the frame", async ({ embedded, page }) => {
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
  // The island moved along with its state.
  await expect(theme).toHaveText(/light/);

  // A picked value applies at once, and empty fields stay out of the address: the other island.
  await main.getByLabel("Patch status").selectOption({ label: "Pending" });
  const pending = `${embedded.manage}/vm-management?route=${encodeURIComponent("/instances?status=pending")}`;
  await expect(page).toHaveURL(pending);
  await frame.getByRole("searchbox", { name: /^Search machines/ }).fill("no-such-machine");
  await frame.getByRole("searchbox", { name: /^Search machines/ }).press("Enter");
  await expect(page).toHaveURL(/route=%2Finstances%3Fq%3Dno-such-machine$/);
  expect(embedded.tokens.length, "one session for all of it").toBe(1);

  // The frame's own history: the page around stays where it is.
  await page.evaluate(() => history.back());
  await expect(main.getByLabel("Patch status")).toHaveValue("pending");
  // The page around hears of it a moment after the frame shows it.
  await expect(page).toHaveURL(pending);
  // A link into a page: the frame opens there when the page around is loaded anew.
  await page.reload();
  await expect(main.getByLabel("Patch status")).toHaveValue("pending");

  // The frame grows to its page after it shows it: it tells its height at most ten times a second.
  const height = () => page.evaluate(() => document.querySelector("iframe")?.clientHeight ?? 0);
  await expect.poll(height, "more than an empty frame has").toBeGreaterThan(320);
  const inner = () => embedded.document().evaluate(() => document.documentElement.scrollHeight - window.innerHeight);
  await expect.poll(inner, "the frame is as high as its page").toBeLessThanOrEqual(2);
  await page.screenshot({ path: "test-results/pages/embedded.png", fullPage: true });
});

test("a CSV is downloaded from inside the frame", async ({ embedded, page }) => {
  const own = await ownMachines(embedded, "customer");
  await embedded.open("customer");
  await embedded.frame.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Instances" }).click();
  const arriving = page.waitForEvent("download");
  await embedded.main.getByRole("link", { name: "Export instances as CSV" }).first().click();
  const file = await arriving;
  expect(file.suggestedFilename()).toMatch(/^muster-instances-\d{8}\.csv$/);
  const [header, ...rows] = parseCsv(await readFile(await file.path(), "utf8"));
  const at = (header ?? []).indexOf("instance_id");
  expect(rows.map((row) => row[at] ?? "").sort()).toEqual(own);
  // The page is still there, and the ticket is not good again.
  await expect(embedded.main.getByRole("heading", { name: "Instances", level: 1 })).toBeVisible();
  expect((await fetch(file.url())).status).toBe(404);
});

for (const [whose, host] of [
  ["an evil page", "localhost"],
  ["a page with a look-alike name", "manage.localhost"],
  ["a page on the portal's own host", "127.0.0.1"],
] as const) {
  test(`${whose} gets a blank frame and hears nothing`, async ({ embedded, page, stranger }) => {
    await page.goto(stranger.at(host));
    await page.waitForFunction(() => (window as unknown as { heard: unknown[] }).heard.length > 0);
    await expect.poll(() => page.frames().map((frame) => frame.url()).join(" ")).toContain("chrome-error:");
    const text = await page.frameLocator("iframe").locator("body").innerText();
    expect(text).not.toContain("VM Management");
    expect(await page.evaluate(() => (window as unknown as { heard: unknown[] }).heard)).toEqual([{ t: "control" }]);
    expect(embedded.asked.map(({ url }) => url).filter((url) => url.includes("/embed/frame.js"))).toEqual([]);
  });
}

test("the shell by itself asks nobody who its reader is", async ({ embedded, page }) => {
  await page.goto(`${embedded.portal}/embed/?route=/instances`);
  await expect(page.getByRole("status")).toHaveText("VM Management opens inside the page that it belongs to.");
  expect(embedded.assertions).toEqual([]);
});

test("an assertion that was used is refused", async ({ embedded }) => {
  await embedded.open("customer");
  const [body] = embedded.assertions;
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${embedded.portal}/embed/v1/session`, { method: "POST", headers, body: body ?? "" });
  expect(answer.status).toBe(401);
  expect(((await answer.json()) as { error: { code: string } }).error.code).toBe("assertion_replayed");
});

test("a session that runs out while somebody reads is renewed, and what they asked for comes", async ({ embedded }) => {
  await embedded.open("customer");
  await embedded.expire();
  await embedded.frame.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Updates" }).click();
  await expect(embedded.main.getByRole("heading", { name: "Updates", level: 1 })).toBeVisible();
  await expect.poll(() => embedded.tokens.length).toBe(2);
});

test("whoever is signed out of the page around is told so, and can come back", async ({ embedded, page }) => {
  await embedded.open("customer");
  const cookies = await page.context().cookies();
  await page.context().clearCookies();
  await embedded.expire();
  await embedded.frame.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Updates" }).click();
  await expect(embedded.frame.getByRole("status")).toHaveText("Your session has ended.", { timeout: 20_000 });
  await page.context().addCookies(cookies);
  await embedded.frame.getByRole("button", { name: "Try again" }).click();
  await expect(embedded.main.getByRole("heading", { name: "Updates", level: 1 })).toBeVisible();
});

test("signing out of the page around ends the frame's session", async ({ embedded, page }) => {
  await embedded.open("customer");
  const authorization = `Bearer ${await embedded.token()}`;
  const ask = async () => (await fetch(`${embedded.portal}/embed/v1/pages`, { headers: { authorization } })).status;
  expect(await ask()).toBe(200);
  // The page around waits a second for the frame, which may be busy for longer while it comes alive.
  await expect(embedded.frame.getByRole("button", { name: /^Theme:/ })).toBeVisible();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("button", { name: "Ada Lind" })).toBeVisible();
  await expect.poll(ask).toBe(401);
});

test("the token is in no address, page, store, referrer or log", async ({ embedded }) => {
  await embedded.open("account_manager");
  for (const name of ["Instances", "Updates", "Trends"]) {
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
  const around = await embedded.page.evaluate(() => document.documentElement.outerHTML);
  expect(seen).toContain("VM Management");
  for (const text of [seen, around, JSON.stringify(embedded.said), JSON.stringify(embedded.asked)]) {
    expect(text.includes(token)).toBe(false);
  }
  const fromFrame = embedded.asked.filter(({ url }) => url.includes("/embed/v1/"));
  expect(fromFrame.length).toBeGreaterThan(3);
  expect(fromFrame.filter(({ referrer }) => referrer !== "")).toEqual([]);
  const log = "test-results/portal-demo.log";
  if (existsSync(log)) expect((await readFile(log, "utf8")).includes(token)).toBe(false);
});

test("only the page around is heard, and only what it may say", async ({ embedded, page }) => {
  await embedded.open("customer");
  await embedded.page.goto(`${embedded.manage}/`);
  await page.evaluate(async (portal) => {
    const script = "/parent.js";
    const { embedVmManagement } = await import(script);
    const ask = async (nonce: string) => {
      const headers = { "content-type": "application/json" };
      const answer = await fetch("/vmm/assertion", { method: "POST", headers, body: JSON.stringify({ nonce }) });
      return (await answer.json()).assertion;
    };
    const routes: string[] = [];
    const place = document.querySelector("main");
    const vmm = embedVmManagement({ portal, place, assertion: ask, onRoute: (path: string) => routes.push(path) });
    Object.assign(window, { vmm, routes });
  }, embedded.portal);
  type Around = { vmm: { navigate(path: unknown): void; frame: HTMLIFrameElement }; routes: string[] };
  const routes = () => page.evaluate(() => (window as unknown as Around).routes);
  const navigate = (path: unknown) => page.evaluate((path) => (window as unknown as Around).vmm.navigate(path), path);
  await expect.poll(routes).toEqual(["/"]);
  const before = embedded.asked.length;
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
  // From the page around but not over its port, and from the frame itself.
  await page.evaluate((portal) => {
    const frame = (window as unknown as Around).vmm.frame.contentWindow;
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
  const asked = embedded.asked.slice(before).map(({ url }) => url.replace(embedded.portal, ""));
  expect(asked.filter((url) => url.startsWith("/embed/"))).toEqual(["/embed/v1/pages/updates?state=Missing"]);
  // The end, which it may say: nothing of the pages is left, even where the frame is.
  await page.evaluate(() => (window as unknown as { vmm: { end(): Promise<void> } }).vmm.end());
  await expect(embedded.frame.locator("body")).toHaveText("You are signed out.");
});

test("a right assertion is not taken from another window than the page around", async ({ embedded, page }) => {
  await embedded.signIn("customer");
  type Around = { assertion: string; frame: HTMLIFrameElement };
  await page.evaluate(async (portal) => {
    const script = "/parent.js";
    const { embedVmManagement } = await import(script);
    // The page around is asked for its user's assertion, and says nothing for now.
    const asked = new Promise<string>((resolve) => {
      const assertion = (nonce: string) => {
        resolve(nonce);
        return new Promise(() => {});
      };
      const { frame } = embedVmManagement({ portal, place: document.querySelector("main"), assertion });
      Object.assign(window, { frame });
    });
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ nonce: await asked });
    const answer = await fetch("/vmm/assertion", { method: "POST", headers, body });
    const other = document.createElement("iframe");
    other.name = "other";
    document.body.append(other);
    Object.assign(window, { assertion: (await answer.json()).assertion });
  }, embedded.portal);

  const other = page.frame({ name: "other" });
  if (!other) throw new Error("there is no other window");
  await other.evaluate((portal) => {
    const { assertion, frame } = window.parent as unknown as Around;
    const { port1, port2 } = new MessageChannel();
    const heard: unknown[] = [];
    port1.onmessage = (event) => heard.push(event.data);
    Object.assign(window, { heard });
    frame.contentWindow?.postMessage({ t: "vmm:assertion", jwt: assertion }, portal, [port2]);
  }, embedded.portal);
  await page.evaluate((portal) => {
    const { assertion, frame } = window as unknown as Around;
    frame.contentWindow?.postMessage({ t: "vmm:assertion", jwt: assertion }, portal, [new MessageChannel().port2]);
  }, embedded.portal);
  await expect(page.frameLocator("iframe[title]").getByRole("heading", { level: 1 })).toBeVisible();
  expect(await other.evaluate(() => (window as unknown as { heard: unknown[] }).heard)).toEqual([]);
});

test("a storm of heights neither floods the page around nor stops the frame", async ({ embedded, page }) => {
  await embedded.open("customer");
  await page.evaluate(() => {
    const frame = document.querySelector("iframe");
    const storm = window as unknown as { heights: number };
    storm.heights = 0;
    if (frame) new MutationObserver(() => storm.heights++).observe(frame, { attributeFilter: ["style"] });
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
  await embedded.frame.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Trends" }).click();
  await expect(embedded.main.getByRole("heading", { level: 1 })).toHaveText("Trends");
  const heights = await page.evaluate(() => (window as unknown as { heights: number }).heights);
  expect(heights).toBeGreaterThan(0);
  // One each 100 ms while it lasted, and those of the page that was opened then.
  expect(heights).toBeLessThanOrEqual(elapsed / 100 + 15);
  const height = await page.evaluate(() => document.querySelector("iframe")?.clientHeight ?? 0);
  expect(height).toBeLessThanOrEqual(20_000);
});

for (const scheme of ["light", "dark"] as const) {
  test(`the page around and the frame are accessible, ${scheme}`, async ({ embedded, page }) => {
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
