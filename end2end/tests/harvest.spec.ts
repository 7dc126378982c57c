// `/harvest`: the harvests of all accounts, and failures with advice.

import { fetchJson, type HarvestRow, type List } from "../fixtures/api";
import { expect, test } from "../fixtures/test";

test("lists every account and Region", async ({ portal }) => {
  const { total } = await fetchJson<List<HarvestRow>>(`${portal.baseUrl}/api/v1/harvest`);
  await portal.open("/harvest");
  const table = portal.main.getByRole("table", { name: "Harvests by account and Region" });
  await expect(table.getByRole("row").filter({ has: portal.page.getByRole("cell") })).toHaveCount(total);
});

test("shows AWS's message and advice for each failure", async ({ portal, samples }) => {
  await portal.open("/harvest");
  const problems = portal.main.getByRole("region", { name: /harvests? with problems$/ });
  for (const row of samples.failing) {
    const entry = problems
      .getByRole("listitem")
      .filter({ has: portal.page.getByRole("link", { name: row.account_name, exact: true }) })
      .filter({ hasText: row.region });
    for (const error of row.errors) {
      await expect(entry).toContainText(error.operation);
      await expect(entry).toContainText(error.message);
      if (error.class === "denied") await expect(entry).toContainText("muster policy");
      if (error.class === "credentials") await expect(entry).toContainText("ExternalId");
    }
  }
});

test("a failing account still has a page, which shows the failure", async ({ portal, samples }) => {
  const [failing] = samples.failing;
  await portal.open(`/accounts/${failing?.account_id}`);
  await expect(portal.main.getByRole("heading", { level: 1 })).toHaveText(failing?.account_name ?? "");
  const harvest = portal.main.getByRole("listitem").filter({ hasText: failing?.region ?? "" });
  await expect(harvest.first()).toContainText(failing?.errors[0]?.operation ?? "");
});
