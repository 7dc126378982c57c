// Addresses that lead nowhere: a true status, what is wrong, and where to go from here.

import { expect, test } from "../fixtures/test";

test("a page that does not exist is a 404 that names those which do", async ({ portal }) => {
  await portal.open("/no/such/page", 404);
  await expect(portal.main.getByRole("heading", { level: 1 })).toHaveText("There is no such page");
  await expect(portal.main.getByText("/no/such/page")).toBeVisible();
  for (const name of ["Overview", "Instances", "Updates", "Harvest"]) {
    await expect(portal.main.getByRole("link", { name, exact: true })).toBeVisible();
  }
  await portal.follow(portal.main.getByRole("link", { name: "Instances", exact: true }));
  await expect(portal.main.getByRole("heading", { level: 1 })).toHaveText("Instances");
});

for (const path of ["/instances/i-00000000000000000", "/accounts/999999999999"]) {
  test(`${path} is a 404: what one may not see does not exist`, async ({ portal }) => {
    await portal.open(path, 404);
    await expect(portal.main.getByRole("heading", { level: 1 })).toHaveText("Not found");
    await expect(portal.main.getByRole("link", { name: "See all there is" })).toBeVisible();
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
    await expect(portal.main.getByRole("link", { name: "Show the list without filters" })).toBeVisible();
  });
}
