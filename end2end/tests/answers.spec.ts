// Questions that people sign in with, each answered from the overview by what is visible.

import { fetchJson, type List } from "../fixtures/api";
import type { Page } from "@playwright/test";
import { expect, test } from "../fixtures/test";

interface CustomerRow {
  customer_name: string;
  why: string;
}

interface RunResult {
  instance_name: string;
  instance_id: string;
  cause: string;
}

test("which customer is worst off, and why", async ({ portal, page }) => {
  const { rows } = await fetchJson<List<CustomerRow>>(`${portal.baseUrl}/api/v1/customers`);
  const worst = rows[0];
  if (!worst) throw new Error("the demo has no customers");
  await portal.open("/");
  await portal.follow(page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Customers" }));
  const first = portal.rows.first();
  await expect(first).toContainText(worst.customer_name);
  await expect(first).toContainText(worst.why.split("; ")[0] ?? "");
});

test("why an instance failed last night", async ({ portal, page }) => {
  const query = "operation=Install&outcome=failed&cause=disk_full";
  const { rows } = await fetchJson<List<RunResult>>(`${portal.baseUrl}/api/v1/run_results?${query}`);
  const result = rows[0];
  if (!result) throw new Error("the demo has no full disk");
  await portal.open("/");
  await portal.follow(page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Runs" }));
  const cause = portal.main.getByRole("row").filter({ hasText: "There is not enough disk space" });
  await portal.follow(cause.getByRole("link", { name: /^\d+ results: / }).first());
  await portal.follow(portal.main.getByRole("link", { name: result.instance_name, exact: true }).first());
  const notice = portal.main.getByRole("note").filter({ hasText: "failed since" });
  await expect(notice).toContainText("There is not enough disk space");
  await expect(notice).toContainText("/boot");
});

test("which runs the instances contradict, with both records", async ({ portal, page }) => {
  const { total } = await fetchJson<List<unknown>>(
    `${portal.baseUrl}/api/v1/run_results?contradiction=failed_but_patched`,
  );
  expect(total).toBeGreaterThan(0);
  await portal.open("/");
  await portal.follow(page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Runs" }));
  await portal.follow(portal.main.getByRole("link", { name: `${total} results: Failed, yet patched`, exact: true }));
  await portal.expectRows(total);
  const row = portal.main.getByRole("row").filter({ hasText: "Failed, yet patched" }).first();
  await expect(row).toContainText("Nothing missing or failed");
});

test("which update failed in runs, and where", async ({ portal, page }) => {
  await portal.open("/");
  await portal.follow(page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Runs" }));
  const first = portal.main.getByRole("region", { name: "Failures by update" }).getByRole("row").nth(1);
  const results = first.getByRole("link", { name: /^\d+ failed results with the update / });
  const total = Number((await results.innerText()).replaceAll(",", ""));
  await portal.follow(results);
  await portal.expectRows(total);
  await expect(portal.main.getByText("failed update: ")).toBeVisible();
});

test("what is not covered at all", async ({ portal, page }) => {
  const { total } = await fetchJson<List<unknown>>(`${portal.baseUrl}/api/v1/coverage?coverage=never_scanned`);
  expect(total).toBeGreaterThan(0);
  await portal.open("/");
  await portal.follow(page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Coverage" }));
  await expect(portal.main.getByText(/^[\d,]+ of [\d,]+ current instances patched on schedule/)).toBeVisible();
  await portal.follow(portal.main.getByRole("link", { name: `${total} instances: Never scanned`, exact: true }));
  await portal.expectRows(total);
});

interface Answer {
  instance_name: string;
  installed_version: string;
}

async function ask(portal: { open: (path: string) => Promise<unknown> }, page: Page, text: string): Promise<void> {
  await portal.open("/");
  const box = page.getByRole("search").getByRole("searchbox");
  await box.fill(text);
  await box.press("Enter");
  await expect(page.getByRole("heading", { name: "Exposure", level: 1 })).toBeVisible();
}

test("who is affected by a CVE", async ({ portal, page }) => {
  const cve = "CVE-2025-62215";
  const { total, rows } = await fetchJson<List<Answer>>(`${portal.baseUrl}/api/v1/exposure?q=${cve}&answer=affected`);
  expect(total).toBeGreaterThan(0);
  await ask(portal, page, `Do we have ${cve}?`);
  const question = portal.main.getByRole("row").filter({ hasText: cve }).first();
  await expect(question).toContainText("Exploited, listed by CISA");
  await portal.follow(question.getByRole("link", { name: `${total} instances, affected: ${cve}`, exact: true }));
  await portal.expectRows(total);
  await expect(portal.rows.first()).toContainText(rows[0]?.instance_name ?? "");
});

test("who has a version of a package", async ({ portal, page }) => {
  const query = "q=openssl+%3C+3.0.14&answer=affected";
  const { total, rows } = await fetchJson<List<Answer>>(`${portal.baseUrl}/api/v1/exposure?${query}`);
  expect(total).toBeGreaterThan(0);
  await ask(portal, page, "openssl < 3.0.14");
  await portal.follow(portal.main.getByRole("link", { name: `${total} instances, affected: openssl < 3.0.14`, exact: true }));
  await portal.expectRows(total);
  await expect(portal.rows.first()).toContainText(rows[0]?.installed_version ?? "");
});

test("the slash key leads to the search box", async ({ portal, page }) => {
  test.skip(!portal.hydrated, "needs JavaScript");
  await portal.open("/");
  await page.keyboard.press("/");
  await expect(page.getByRole("search").getByRole("searchbox")).toBeFocused();
});

interface Start {
  id: string;
  name: string;
  starts_at: string;
  state: string;
}

test("what will be installed on Tuesday", async ({ portal, page }) => {
  const day = "from=2025-11-25&to=2025-11-25";
  const { total, rows } = await fetchJson<List<Start>>(`${portal.baseUrl}/api/v1/calendar?${day}`);
  const start = rows.find((row) => row.name.endsWith("patching"));
  if (!start) throw new Error("the demo has no window on Tuesday");
  await portal.open("/");
  await portal.follow(page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Calendar" }));
  const tuesday = portal.main.getByRole("link", { name: `${total} starts on 25 Nov 2025`, exact: true });
  await portal.follow(tuesday);
  await portal.expectRows(total);
  const row = portal.rows.filter({ hasText: start.name }).first();
  await expect(row).toContainText("Every Tuesday at");
  await expect(row).toContainText("Planned");
});

test("when an instance is patched next", async ({ portal }) => {
  interface Instance {
    instance_id: string;
  }
  interface InstancePage {
    instance: Instance;
    next_start: Start | null;
  }
  const { rows } = await fetchJson<List<Instance>>(`${portal.baseUrl}/api/v1/instances?status=pending&per_page=20`);
  let instance: InstancePage | undefined;
  // One after the other: the portal refuses many requests of one person at the same time.
  for (const { instance_id } of rows) {
    instance = await fetchJson<InstancePage>(`${portal.baseUrl}/api/v1/instances/${instance_id}`);
    if (instance.next_start) break;
  }
  if (!instance?.next_start) throw new Error("no pending instance of the demo has a window");
  await portal.open(`/instances?q=${instance.instance.instance_id}`);
  await portal.follow(portal.rows.first().getByRole("link").first());
  const fact = portal.main.locator(".details-grid > div").filter({ hasText: "Next patching" });
  await expect(fact).toContainText(instance.next_start.name);
  await portal.follow(fact.getByRole("link", { name: "its calendar" }));
  await expect(portal.rows.first()).toContainText(instance.next_start.name);
});

test("which windows were missed", async ({ portal }) => {
  const query = "from=2025-11-17&to=2025-11-23&state=missed";
  const { total } = await fetchJson<List<Start>>(`${portal.baseUrl}/api/v1/calendar?${query}`);
  expect(total).toBeGreaterThan(0);
  await portal.open(`/calendar?${query}`);
  await expect(portal.rows.first()).toContainText("Missed");
  await expect(portal.main.getByRole("row").filter({ hasText: "before-migration" })).toContainText("Disabled");
});

test("what changed since last month", async ({ portal, page }) => {
  await portal.open("/");
  await page.getByRole("navigation", { name: "Main" }).getByText("More", { exact: true }).click();
  await portal.follow(page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Changes" }));
  await portal.main.locator('input[name="since"]').fill("2025-10-23");
  await portal.main.getByRole("button", { name: "Apply" }).click();
  await expect(portal.main.getByRole("heading", { name: "Since the end of 23 Oct 2025" })).toBeVisible();
  const { total } = await fetchJson<List<unknown>>(`${portal.baseUrl}/api/v1/changes?since=2025-10-23`);
  await expect(portal.main.getByText(`${total.toLocaleString("en-GB")} rows`)).toBeVisible();
});

test("who lacks an update, and since when", async ({ portal, page }) => {
  interface Patch {
    description: string;
    instances: number;
  }
  const { rows } = await fetchJson<List<Patch>>(`${portal.baseUrl}/api/v1/patches`);
  const patch = rows[0];
  if (!patch) throw new Error("the demo has no pending updates");
  await portal.open("/");
  await portal.follow(page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Updates" }));
  await portal.follow(portal.main.getByRole("link", { name: patch.description, exact: true }));
  await expect(portal.main.getByRole("heading", { name: "Instances that still lack it" })).toBeVisible();
  const missing = portal.main.getByRole("link", { name: /^[\d,]+ updates: Missing$/ });
  await portal.follow(missing);
  await expect(portal.rows.first()).toContainText("Missing");
});

test("a page after the end of a list says where it ends", async ({ portal }) => {
  await portal.open("/instances?page=999");
  await portal.follow(portal.main.getByRole("link", { name: "Show the last page" }));
  await expect(portal.rows.first()).toBeVisible();
});

test("Escape closes the user menu", async ({ portal, page }) => {
  test.skip(!portal.hydrated, "needs JavaScript");
  await portal.open("/");
  const button = page.locator(".user-menu > summary");
  await button.click();
  await expect(page.getByRole("button", { name: "Sign out", exact: true })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Sign out", exact: true })).toBeHidden();
  await expect(button).toBeFocused();
});
