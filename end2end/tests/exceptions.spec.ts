// Exceptions: accepting or deferring an update from its page, and what the service level then says.

import { fetchJson, type List } from "../fixtures/api";
import { expect, test } from "../fixtures/test";

interface Exception {
  exception_id: string;
  state: string;
  customer_id: string;
  pending_updates: number;
  excepted_updates: number;
}

interface Patch {
  name: string;
  description: string;
}

test("an update is deferred from its page, listed as excepted, and revoked", async ({ portal, page }) => {
  const { rows } = await fetchJson<List<Patch>>(`${portal.baseUrl}/api/v1/patches?due=overdue`);
  // Each project excepts an update of its own.
  const patch = rows[portal.hydrated ? 0 : 1];
  if (!patch) throw new Error("the demo has no overdue update");
  // The store may be kept between runs.
  const reason = `Until the owner is back (${portal.hydrated ? "hydrated" : "no scripts"}, ${Date.now()})`;
  await portal.open(`/updates?due=overdue&q=${encodeURIComponent(patch.name)}`);
  await portal.follow(portal.rows.first().getByRole("link", { name: patch.description }).first());
  await portal.follow(portal.main.getByRole("link", { name: "Accept or defer" }));
  await expect(portal.main).toContainText(patch.description);
  await page.getByLabel("Account", { exact: true }).selectOption({ index: 1 });
  await page.getByLabel("Decision").selectOption({ label: "Defer the update" });
  await page.getByLabel(/^Last day/).fill("2025-12-24");
  await page.getByLabel(/^Reason/).fill(reason);
  await page.getByRole("button", { name: "Create exception" }).click();
  await expect(portal.main.getByRole("heading", { level: 1 })).toHaveText("Exceptions");
  const row = portal.rows.filter({ hasText: reason });
  await expect(row).toContainText("Active");
  await expect(row).toContainText("24 Dec 2025");
  await row.getByRole("button", { name: /^Revoke/ }).click();
  await expect(portal.rows.filter({ hasText: reason })).toContainText("Revoked");
});

test("a form that is wrong says why and keeps what was written", async ({ portal, page, guard }) => {
  guard.expectError(`${portal.baseUrl}/exceptions/make`);
  await portal.open("/exceptions/new?cve=CVE-2025-60724");
  await page.getByLabel("Account", { exact: true }).selectOption({ index: 1 });
  await page.getByLabel("Decision").selectOption({ index: 1 });
  await page.getByLabel(/^Reason/).fill("   ");
  await page.getByLabel(/^Last day/).fill("2025-12-01");
  await page.getByRole("button", { name: "Create exception" }).click();
  await expect(portal.main.getByRole("alert")).toContainText("No exception was created");
  await expect(portal.main.getByRole("alert")).toContainText("Enter a reason");
  await expect(page.getByLabel(/^CVE/)).toHaveValue("CVE-2025-60724");
  await expect(page.getByLabel(/^Last day/)).toHaveValue("2025-12-01");
});

test("a pending update of an instance can be deferred for this instance", async ({ portal }) => {
  interface Update {
    instance_id: string;
    instance_name: string;
    description: string;
  }
  const { rows } = await fetchJson<List<Update>>(`${portal.baseUrl}/api/v1/updates?due=overdue`);
  const update = rows[0];
  if (!update) throw new Error("the demo has no overdue update");
  await portal.open(`/instances/${update.instance_id}`);
  const row = portal.rows.filter({ hasText: update.description }).first();
  await portal.follow(row.getByRole("link", { name: "Accept or defer" }));
  await expect(portal.main).toContainText(`Only on: ${update.instance_name}`);
  await expect(portal.main).toContainText("At present: 1 pending update, on 1 instance that it includes.");
});

test("each state is shown with its reason, and its figures lead to as many updates", async ({ portal }) => {
  const { rows } = await fetchJson<List<Exception>>(`${portal.baseUrl}/api/v1/exceptions`);
  for (const state of ["reopened", "active", "expired", "revoked"]) {
    expect(rows.map((row) => row.state)).toContain(state);
  }
  const reopened = rows.find((row) => row.state === "reopened");
  if (!reopened) throw new Error("no exception was reopened");
  await portal.open("/exceptions?state=reopened");
  await expect(portal.rows.first()).toContainText("Reopened: exploited");
  await expect(portal.rows.first()).toContainText("since 12 Nov 2025");
  await portal.follow(portal.rows.first().getByRole("link", { name: /^\d+ pending updates/ }));
  await portal.expectRows(reopened.pending_updates);
});

test("the service level counts overdue updates with and without exceptions", async ({ portal }) => {
  const { rows } = await fetchJson<List<Exception>>(`${portal.baseUrl}/api/v1/exceptions?state=active`);
  // Of a customer for whom the other tests make no exception meanwhile.
  const active = rows.find((row) => row.customer_id !== "c-4104");
  if (!active) throw new Error("the demo has no active exception");
  await portal.open(`/service-level?customer=${active.customer_id}`);
  const figures = portal.main.getByRole("region", { name: "Pending updates by due date" });
  const excepted = figures.getByRole("link", { name: /^[\d,]+ under an exception$/ });
  const total = Number((await excepted.innerText()).replace(/\D/g, ""));
  expect(total).toBeGreaterThan(0);
  await portal.follow(excepted);
  await portal.expectRows(total);
});
