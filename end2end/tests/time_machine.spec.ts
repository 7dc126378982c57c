// The time machine: a past day above any page, and what changed since one.

import { ask, type List } from "../fixtures/api";
import { figureIn } from "../fixtures/portal";
import { expect, test } from "../fixtures/test";

const DAY = "2025-11-01";

test("a past day is asked for above any page, and links stay on it", async ({ portal, page }) => {
  await portal.open("/instances?status=pending");
  await page.getByText("Look back").click();
  await page.getByLabel("Day", { exact: true }).fill(DAY);
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page).toHaveURL(new RegExp(`status=pending&as_of=${DAY}$`));
  const control = page.getByRole("complementary", { name: "Time machine" });
  await expect(control).toContainText("1 Nov 2025");
  const { total } = await ask<List<unknown>>(`${portal.baseUrl}/api/v1/instances?status=pending&as_of=${DAY}`);
  await portal.expectRows(total);
  await portal.follow(page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Overview" }));
  await expect(page).toHaveURL(new RegExp(`as_of=${DAY}$`));
  await portal.follow(control.getByRole("link", { name: "Back to the present" }));
  await expect(control).toHaveCount(0);
});

test("what was fixed since a day is as many rows as the figure says", async ({ portal, page }) => {
  await portal.open(`/changes?since=${DAY}`);
  const figure = portal.main.getByRole("link", { name: /^[\d,]+ Fixed$/ });
  const fixed = figureIn(await figure.innerText());
  expect(fixed).toBeGreaterThan(0);
  await portal.follow(figure);
  await expect(page).toHaveURL(/kind=fixed/);
  await portal.expectRows(fixed);
});
