// `/instances/{instance}`: identity, the three times, the Updates table (Figure 12) and the other tabs.

import { fetchJson, type List } from "../fixtures/api";
import { figureIn } from "../fixtures/portal";
import { expect, test } from "../fixtures/test";

test("shows the identity and the online, scan and harvest times", async ({ portal, samples, page }) => {
  const { instance } = samples;
  await portal.open(`/instances/${instance.instance_id}`);
  await expect(portal.main.getByRole("heading", { level: 1 })).toHaveText(instance.name);
  await expect(page).toHaveTitle(`${instance.name} · VM Management`);
  await expect(portal.main.getByText(instance.instance_id, { exact: true })).toBeVisible();
  for (const time of ["State", "Scanned", "Harvested"]) {
    await expect(portal.main.getByRole("term").filter({ hasText: new RegExp(`^${time}$`) })).toBeVisible();
  }
});

test("the Updates table has the columns of Figure 12, pending updates first", async ({ portal, samples }) => {
  const { instance } = samples;
  await portal.open(`/instances/${instance.instance_id}`);
  const table = portal.main.getByRole("table", { name: "Updates of this instance" });
  const headings = (await table.getByRole("columnheader").allInnerTexts()).map((text) => text.replace(/[↑↓]/, "").trim());
  expect(headings).toEqual([
    "Install status",
    "Description",
    "Classification",
    "Name",
    "Severity",
    "Install time (UTC)",
  ]);
  const states = (await portal.column("Install status")).map((text) => text.trim());
  const pending = states.filter((state) => state === "Missing" || state === "Failed").length;
  expect(pending).toBe(instance.missing + instance.failed);
  expect(states.slice(0, pending).every((state) => state === "Missing" || state === "Failed")).toBe(true);
});

test("filters the pending updates", async ({ portal, samples }) => {
  const { instance } = samples;
  await portal.open(`/instances/${instance.instance_id}`);
  await portal.follow(portal.main.getByRole("link", { name: "Show pending only" }));
  await portal.expectRows(instance.missing + instance.failed);
  const states = new Set((await portal.column("Install status")).map((text) => text.trim()));
  expect([...states].filter((state) => state !== "Missing" && state !== "Failed")).toEqual([]);
});

for (const [tab, list] of [
  ["Updates", "updates"],
  ["History", "history"],
  ["Software", "software"],
  ["Runs", "runs"],
] as const) {
  test(`the ${tab} tab shows the number of rows that the API has`, async ({ portal, samples }) => {
    const { instance_id } = samples.instance;
    const { total } = await fetchJson<List<unknown>>(`${portal.baseUrl}/api/v1/instances/${instance_id}/${list}`);
    await portal.open(`/instances/${instance_id}`);
    const link = portal.main.getByRole("navigation", { name: "Instance details" }).getByRole("link", { name: tab });
    expect(figureIn(await link.innerText())).toBe(total);
    await portal.follow(link);
    await expect(link).toHaveAttribute("aria-current", "page");
    await expect(portal.main.getByRole("heading", { level: 2, name: tab === "History" ? "Update history" : tab })).toBeVisible();
    expect(await portal.total()).toBe(total);
  });
}

test("the history has every change, newest first", async ({ portal, samples }) => {
  const { instance_id } = samples.instance;
  const history = await fetchJson<List<{ happened_at: string; name: string }>>(
    `${portal.baseUrl}/api/v1/instances/${instance_id}/history`,
  );
  expect(history.total).toBeGreaterThan(0);
  await portal.open(`/instances/${instance_id}?tab=history`);
  const times = portal.main.getByRole("region", { name: "Update history" }).locator("time");
  const shown = await times.evaluateAll((all) => all.map((time) => Date.parse(time.getAttribute("datetime") ?? "")));
  const expected = history.rows.map((row) => Math.floor(Date.parse(row.happened_at) / 1000) * 1000);
  expect(shown).toEqual(expected);
  expect(shown).toEqual([...shown].sort((a, b) => b - a));
});

test("the history can be limited to a kind of change", async ({ portal, samples, page }) => {
  const { instance_id } = samples.instance;
  const api = `${portal.baseUrl}/api/v1/instances/${instance_id}/history`;
  const whole = await fetchJson<List<{ kind: string }>>(api);
  const kind = whole.rows.find((row) => row.kind !== whole.rows[0]?.kind)?.kind ?? "";
  const { total } = await fetchJson<List<unknown>>(`${api}?kind=${kind}`);
  expect(total).toBeGreaterThan(0);
  expect(total).toBeLessThan(whole.total);
  await portal.open(`/instances/${instance_id}?tab=history`);
  await portal.main.getByLabel("Change", { exact: true }).selectOption(kind);
  if (!portal.hydrated) await portal.main.getByRole("button", { name: "Apply" }).click();
  await expect(page).toHaveURL(new RegExp(`[?&]kind=${kind}(&|$)`));
  expect(await portal.total()).toBe(total);
});

test("a name with markup is shown as text", async ({ portal, samples, page }) => {
  const { hostile } = samples;
  await portal.open(`/instances?q=${hostile.instance_id}`);
  const link = portal.rows.getByRole("link", { name: hostile.name, exact: true });
  await expect(link).toHaveText(hostile.name);
  await portal.follow(link);
  await expect(portal.main.getByRole("heading", { level: 1 })).toHaveText(hostile.name);
  await expect(page).toHaveTitle(`${hostile.name.replaceAll("<", "‹").replaceAll(">", "›")} · VM Management`);
  expect(await portal.main.locator("script, img, iframe").count()).toBe(0);
});
