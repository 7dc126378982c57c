// Error pages: the HTTP status, the problem, and links to continue.

import { expect, test } from "../fixtures/test";

test("an unknown path is a 404 with links to the main pages", async ({ portal }) => {
  await portal.open("/no/such/page", 404);
  await expect(portal.main.getByRole("heading", { level: 1 })).toHaveText("Page not found");
  await expect(portal.main.getByText("/no/such/page")).toBeVisible();
  for (const name of ["Overview", "Instances", "Updates", "Harvest"]) {
    await expect(portal.main.getByRole("link", { name, exact: true })).toBeVisible();
  }
  await portal.follow(portal.main.getByRole("link", { name: "Instances", exact: true }));
  await expect(portal.main.getByRole("heading", { level: 1 })).toHaveText("Instances");
});

for (const path of ["/instances/i-00000000000000000", "/accounts/999999999999"]) {
  test(`${path} is a 404`, async ({ portal }) => {
    await portal.open(path, 404);
    await expect(portal.main.getByRole("heading", { level: 1 })).toHaveText("Not found");
    await expect(portal.main.getByRole("link", { name: "View all" })).toBeVisible();
  });
}

for (const [path, named] of [
  ["/instances?statsu=failed", "statsu"],
  ["/instances?status=broken", "status=broken"],
  ["/updates?page=0", "page=0"],
  ["/harvest?state=sunny", "state=sunny"],
  ["/?sort=colour", "sort=colour"],
] as const) {
  test(`${path} is a 400 that names the parameter`, async ({ portal }) => {
    await portal.open(path, 400);
    await expect(portal.main.getByText(`\`${named}\``)).toBeVisible();
    await expect(portal.main.getByRole("link", { name: "Clear filters" })).toBeVisible();
  });
}
