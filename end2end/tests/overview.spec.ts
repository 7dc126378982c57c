// `/`: the status cards, the Patching table (Figure 11), and that every figure links to that many rows.

import { figureIn, hrefOf } from "../fixtures/portal";
import { expect, test } from "../fixtures/test";

const STATUSES = [
  "Up to date",
  "Pending",
  "Failed",
  "Pending reboot",
  "Non-compliant",
  "Details missing",
  "Unsupported",
  "Stale",
  "No data",
];

test("the status cards add up to the number of instances", async ({ portal }) => {
  await portal.open("/");
  const heading = portal.main.getByRole("heading", { level: 1 });
  await expect(heading).toHaveText(/^[\d,]+ instances$/);
  const cards = portal.main.getByRole("region", { name: "Patch status" }).getByRole("listitem").getByRole("link", { name: /\d/ });
  const texts = await cards.allInnerTexts();
  expect(texts.map((text) => STATUSES.find((status) => text.includes(status) && !text.includes(`${status} reboot`)))).toEqual(STATUSES);
  const sum = texts.map(figureIn).reduce((a, b) => a + b, 0);
  expect(sum).toBe(figureIn(await heading.innerText()));
});

for (const status of STATUSES) {
  test(`the ${status} card links to that many instances`, async ({ portal, page }) => {
    await portal.open("/");
    const cards = portal.main.getByRole("region", { name: "Patch status" }).getByRole("listitem");
    const card = cards.getByRole("link", { name: new RegExp(`^[\\d,]+ ?${status} ?\\d+ %$`) });
    const figure = figureIn(await card.innerText());
    await portal.follow(card);
    await expect(page).toHaveTitle(/^Instances/);
    await portal.expectRows(figure);
    const shown = figure === 0 ? [] : await portal.column("Patch status");
    expect(new Set(shown.map((text) => text.trim()))).toEqual(new Set(figure === 0 ? [] : [status]));
  });
}

for (const figure of ["Available, waiting", "Installed, rejected", "Details missing"]) {
  test(`the figure ${figure} links to that many rows`, async ({ portal }) => {
    await portal.open("/");
    const entry = portal.main.locator(".key-figures.further > div").filter({ hasText: figure });
    const link = entry.getByRole("link");
    const rows = figureIn(await link.innerText());
    expect(rows).toBeGreaterThan(0);
    await portal.follow(link);
    await portal.expectRows(rows);
  });
}

test("the Patching table has the columns of Figure 11", async ({ portal }) => {
  await portal.open("/");
  const table = portal.main.getByRole("table", { name: /^Patching/ });
  const headings = (await table.getByRole("columnheader").allInnerTexts()).map((text) => text.replace(/[↑↓]/, "").trim());
  expect(headings).toEqual([
    "Account",
    "Instances",
    "Online",
    "Pending OS updates",
    "Pending agent updates",
    "Run success",
    "Harvested (UTC)",
  ]);
  for (const provider of ["Amazon Web Services", "Microsoft Azure", "Google Cloud", "VMware", "OpenStack", "Dedicated"]) {
    await expect(table.getByRole("rowheader", { name: new RegExp(`^${provider}`) })).toBeVisible();
  }
});

test("every figure of the Patching table links to that many rows", async ({ portal }) => {
  // It opens more than twenty lists.
  test.slow();
  await portal.open("/");
  const table = portal.main.getByRole("table", { name: /^Patching/ });
  const rows = await table.getByRole("row").filter({ has: portal.page.getByRole("cell") }).all();
  // The first accounts and the totals.
  const figures: { name: string; figure: number; href: string }[] = [];
  for (const row of [...rows.slice(0, 3), ...rows.slice(-1)]) {
    const cells = await row.getByRole("cell").all();
    // The last column is a time.
    for (const link of (await Promise.all(cells.slice(0, -1).map((cell) => cell.getByRole("link").all()))).flat()) {
      const name = (await link.getAttribute("aria-label")) ?? (await link.innerText());
      figures.push({ name, figure: figureIn(name), href: await hrefOf(link) });
    }
  }
  expect(figures.length).toBeGreaterThan(20);
  for (const { name, figure, href } of figures) {
    await test.step(`${name}: ${href}`, async () => {
      await portal.open(href);
      // Unmanaged instances have no list of their own, but a card on the account's page.
      const card = portal.main.getByRole("table", { name: "Unmanaged instances" });
      if (href.endsWith("#unmanaged")) await expect(card.getByRole("row").filter({ has: portal.page.getByRole("cell") })).toHaveCount(figure);
      else await portal.expectRows(figure);
    });
  }
});

test("the other figures link to that many rows", async ({ portal }) => {
  await portal.open("/");
  const sections = [
    portal.main.getByRole("region", { name: "Patch status" }).getByRole("definition"),
    portal.main.getByRole("table", { name: "Updates missing on the most instances" }).getByRole("cell"),
  ];
  const figures: { name: string; href: string }[] = [];
  // Links without a figure open trends.
  for (const link of (await Promise.all(sections.map((section) => section.getByRole("link", { name: /\d/ }).all()))).flat()) {
    figures.push({ name: (await link.getAttribute("aria-label")) ?? (await link.innerText()), href: await hrefOf(link) });
  }
  expect(figures.length).toBeGreaterThan(6);
  for (const { name, href } of figures) {
    await test.step(`${name}: ${href}`, async () => {
      await portal.open(href);
      await portal.expectRows(figureIn(name));
    });
  }
});

test("filters by provider", async ({ portal, page }) => {
  await portal.open("/");
  const before = figureIn(await portal.main.getByRole("heading", { level: 1 }).innerText());
  await page.getByLabel("Provider").selectOption("vmware");
  if (!portal.hydrated) await portal.main.getByRole("button", { name: "Apply" }).click();
  await expect(page).toHaveURL(/[?&]provider=vmware/);
  const table = portal.main.getByRole("table", { name: /^Patching/ });
  await expect(table.getByRole("rowheader", { name: /^Amazon Web Services/ })).toHaveCount(0);
  await expect(table.getByRole("rowheader", { name: /^VMware/ })).toBeVisible();
  const after = figureIn(await portal.main.getByRole("heading", { level: 1 }).innerText());
  expect(after).toBeGreaterThan(0);
  expect(after).toBeLessThan(before);
});

test("charts have a table with the same data", async ({ portal }) => {
  await portal.open("/");
  for (const name of ["Patch status over time", "Pending OS updates by severity"]) {
    const figure = portal.main.getByRole("figure").filter({ has: portal.page.getByRole("table", { name, includeHidden: true }) });
    await figure.getByText("View as table").click();
    const rows = figure.getByRole("table").getByRole("row");
    await expect(rows.nth(1)).toBeVisible();
    expect(await rows.count()).toBeGreaterThan(2);
  }
});
