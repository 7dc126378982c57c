// `/instances`: search, filters, sorting and paging, all in the query string.

import { fetchJson, type InstanceRow, type List } from "../fixtures/api";
import { figureIn, ROWS_PER_PAGE } from "../fixtures/portal";
import { expect, test } from "../fixtures/test";

test("has as many rows as the API, worst first", async ({ portal }) => {
  const { total, rows } = await fetchJson<List<InstanceRow>>(`${portal.baseUrl}/api/v1/instances`);
  await portal.open("/instances");
  await portal.expectRows(total);
  await expect(portal.main.getByRole("heading", { level: 2 }).first()).toHaveText(`${total} instances`);
  const names = (await portal.column("Instance")).map((text) => text.split("\n")[0]?.trim());
  expect(names).toEqual(rows.slice(0, ROWS_PER_PAGE).map((row) => row.name.trim()));
});

test("a selected filter narrows the list", async ({ portal, page }) => {
  await portal.open("/instances");
  await page.getByLabel("Patch status").selectOption({ label: "Pending" });
  if (!portal.hydrated) await portal.main.getByRole("button", { name: "Apply" }).click();
  await expect(page).toHaveURL(/[?&]status=pending(&|$)/);
  const { total } = await fetchJson<List<InstanceRow>>(`${portal.baseUrl}/api/v1/instances?status=pending`);
  await portal.expectRows(total);
  await expect(page.getByLabel("Patch status")).toHaveValue("pending");
  expect(new Set((await portal.column("Patch status")).map((text) => text.trim()))).toEqual(new Set(["Pending"]));

  await portal.follow(portal.main.getByRole("link", { name: "Clear", exact: true }));
  const all = await fetchJson<List<InstanceRow>>(`${portal.baseUrl}/api/v1/instances`);
  await portal.expectRows(all.total);
});

test("a search keeps the active filters", async ({ portal, page, samples }) => {
  const { instance } = samples;
  await portal.open(`/instances?account=${instance.account_id}`);
  const search = portal.main.getByLabel("Name, ID or address");
  await search.fill(instance.instance_id);
  await search.press("Enter");
  await expect(page).toHaveURL(/[?&]q=/);
  await expect(page).toHaveURL(new RegExp(`account=${instance.account_id}`));
  await portal.expectRows(1);
  await expect(portal.rows.getByRole("link", { name: instance.name, exact: true })).toBeVisible();
});

test("the header search works from any page", async ({ portal, page, samples }) => {
  await portal.open("/harvest");
  const search = page.getByRole("search").getByRole("searchbox");
  await search.fill(samples.instance.instance_id);
  await search.press("Enter");
  await expect(page).toHaveURL(/\/search\?q=/);
  await portal.expectRows(1);
});

test("an empty result offers to clear the filters", async ({ portal }) => {
  await portal.open("/instances?q=no-such-instance");
  await expect(portal.main.getByText("No instances match these filters.")).toBeVisible();
  expect(await portal.total()).toBe(0);
  await portal.follow(portal.main.getByRole("link", { name: "Clear filters" }));
  await expect(portal.rows).toHaveCount(ROWS_PER_PAGE);
});

test("a heading sorts, and reverses the order on the second click", async ({ portal }) => {
  await portal.open("/instances");
  const heading = portal.main.getByRole("columnheader", { name: "Missing" });
  const missing = async () => (await portal.column("Missing")).map(figureIn);

  await portal.follow(heading.getByRole("link"));
  await expect(heading).toHaveAttribute("aria-sort", "descending");
  const descending = await missing();
  expect(descending).toEqual([...descending].sort((a, b) => b - a));
  expect(descending[0]).toBeGreaterThan(0);

  await portal.follow(heading.getByRole("link"));
  await expect(heading).toHaveAttribute("aria-sort", "ascending");
  const ascending = await missing();
  expect(ascending).toEqual([...ascending].sort((a, b) => a - b));
});

test("pages have no gaps and no overlaps", async ({ portal, page }) => {
  const { total } = await fetchJson<List<InstanceRow>>(`${portal.baseUrl}/api/v1/instances`);
  expect(total, "several pages").toBeGreaterThan(2 * ROWS_PER_PAGE);
  await portal.open("/instances?sort=name");
  const seen: string[] = [];
  for (let first = 1; ; first += ROWS_PER_PAGE) {
    const last = Math.min(first + ROWS_PER_PAGE - 1, total);
    const range = first === last ? `${first} of ${total}` : `${first}–${last} of ${total}`;
    await expect(portal.pager.getByText(range, { exact: true })).toBeVisible();
    await expect(portal.rows).toHaveCount(last - first + 1);
    const links = portal.rows.getByRole("rowheader").getByRole("link");
    seen.push(...(await links.evaluateAll((all) => all.map((link) => link.getAttribute("href") ?? ""))));
    if (last === total) break;
    await portal.follow(portal.pager.getByRole("link", { name: "Next" }));
  }
  expect(seen.length).toBe(total);
  expect(new Set(seen).size).toBe(total);
  await expect(portal.pager.getByRole("link", { name: "Next" })).toHaveCount(0);

  await page.goBack();
  await portal.waitForIslands();
  await expect(portal.rows).toHaveCount(ROWS_PER_PAGE);
});

test("the figures of a row link to the instance's updates", async ({ portal }) => {
  await portal.open("/instances");
  const row = portal.rows.first();
  const links = await row.getByRole("cell").getByRole("link", { name: /^[\d,]+ / }).all();
  const figures = await Promise.all(
    links.map(async (link) => ({ name: await link.getAttribute("aria-label"), href: await link.getAttribute("href") })),
  );
  expect(figures.length).toBe(5);
  for (const { name, href } of figures) {
    await test.step(`${name}: ${href}`, async () => {
      await portal.open(href ?? "");
      await portal.expectRows(figureIn(name ?? ""));
    });
  }
});
