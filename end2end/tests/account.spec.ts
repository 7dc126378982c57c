// `/accounts/{account}`: the account's figures, each linked to its list.

import { figureIn, hrefOf } from "../fixtures/portal";
import { expect, test } from "../fixtures/test";

test("a row of the Patching table opens the account with the same figures", async ({ portal }) => {
  await portal.open("/");
  const table = portal.main.getByRole("table", { name: /^Patching/ });
  const row = table.getByRole("row").filter({ has: portal.page.getByRole("cell") }).first();
  const instances = figureIn(await row.getByRole("cell").first().innerText());
  const link = row.getByRole("rowheader").getByRole("link");
  const name = await link.innerText();
  await portal.follow(link);
  await expect(portal.main.getByRole("heading", { level: 1 })).toHaveText(name);
  await expect(portal.main.getByRole("heading", { level: 2 }).first()).toHaveText(new RegExp(`^${instances} instances?$`));
  const cards = portal.main.getByRole("region", { name: "Patch status" }).getByRole("listitem");
  const sum = (await cards.allInnerTexts()).map(figureIn).reduce((a, b) => a + b, 0);
  expect(sum).toBe(instances);
});

test("every figure of the account links to that many rows", async ({ portal, samples }) => {
  await portal.open(`/accounts/${samples.instance.account_id}`);
  const status = portal.main.getByRole("region", { name: "Patch status" });
  const sections = [
    status.getByRole("listitem"),
    status.getByRole("definition"),
    portal.main.getByRole("table", { name: "Patch groups" }).getByRole("cell"),
  ];
  const figures: { name: string; href: string }[] = [];
  // Links without a figure open trends.
  for (const link of (await Promise.all(sections.map((section) => section.getByRole("link", { name: /\d/ }).all()))).flat()) {
    figures.push({ name: (await link.getAttribute("aria-label")) ?? (await link.innerText()), href: await hrefOf(link) });
  }
  expect(figures.length).toBeGreaterThan(10);
  for (const { name, href } of figures) {
    await test.step(`${name}: ${href}`, async () => {
      await portal.open(href);
      await portal.expectRows(figureIn(name));
    });
  }
});

test("the page lists the worst instances and has all sections", async ({ portal, samples }) => {
  await portal.open(`/accounts/${samples.instance.account_id}`);
  const instances = portal.main.getByRole("table", { name: "Instances" });
  await expect(instances.getByRole("row").nth(1)).toBeVisible();
  const headings = ["Harvest", "Instances", "Patch groups", "Latest runs", "Maintenance windows", "Patch policies", "Patch baselines"];
  for (const heading of [...headings, "Associations", "Patch status over time"]) {
    await expect(portal.main.getByRole("heading", { level: 2, name: heading, exact: true })).toBeVisible();
  }
});
