// Pages as of a past day, and changes since a day.

import { fetchJson, type List } from "../fixtures/api";
import { figureIn } from "../fixtures/portal";
import { expect, test } from "../fixtures/test";

const DAY = "2025-11-01";

test("the as-of picker shows a past day, and links keep it", async ({ portal, page }) => {
  await portal.open("/instances?status=pending");
  await page.getByText("View a past day").click();
  await page.getByLabel("Day", { exact: true }).fill(DAY);
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page).toHaveURL(new RegExp(`status=pending&as_of=${DAY}$`));
  const picker = page.getByRole("complementary", { name: "Past day" });
  await expect(picker).toContainText("1 Nov 2025");
  const { total } = await fetchJson<List<unknown>>(`${portal.baseUrl}/api/v1/instances?status=pending&as_of=${DAY}`);
  await portal.expectRows(total);
  await portal.follow(page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Overview" }));
  await expect(page).toHaveURL(new RegExp(`as_of=${DAY}$`));
  await portal.follow(picker.getByRole("link", { name: "Show current data" }));
  await expect(picker).toHaveCount(0);
});

test("the number of fixed updates links to that many rows", async ({ portal, page }) => {
  await portal.open(`/changes?since=${DAY}`);
  const figure = portal.main.getByRole("link", { name: /^[\d,]+ Fixed$/ });
  const fixed = figureIn(await figure.innerText());
  expect(fixed).toBeGreaterThan(0);
  await portal.follow(figure);
  await expect(page).toHaveURL(/kind=fixed/);
  await portal.expectRows(fixed);
});
