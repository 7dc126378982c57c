// `/updates`: one row per update on each instance.

import { fetchJson, type List } from "../fixtures/api";
import { expect, test } from "../fixtures/test";

test("has as many rows as there are pending OS updates on the overview", async ({ portal, page }) => {
  const { total } = await fetchJson<List<unknown>>(`${portal.baseUrl}/api/v1/updates?state=Missing,Failed`);
  expect(total).toBeGreaterThan(0);
  await portal.open("/");
  const figure = portal.main.getByRole("link", { name: `${total.toLocaleString("en-GB")} pending OS updates`, exact: true });
  await portal.follow(figure);
  await expect(page).toHaveTitle(/^Updates/);
  await portal.expectRows(total);
});

test("filters by severity and keeps the state filter", async ({ portal, page }) => {
  await portal.open("/updates/list?state=Missing");
  const before = await portal.total();
  await portal.main.getByLabel("Severity").selectOption({ label: "Critical" });
  if (!portal.hydrated) await portal.main.getByRole("button", { name: "Apply" }).click();
  await expect(page).toHaveURL(/severity=critical/);
  await expect(page).toHaveURL(/state=Missing/);
  const { total } = await fetchJson<List<unknown>>(`${portal.baseUrl}/api/v1/updates?state=Missing&severity=critical`);
  await portal.expectRows(total);
  expect(total).toBeGreaterThan(0);
  expect(total).toBeLessThan(before);
});
