// A scope without instances (Figure 3).

import { expect, test } from "../fixtures/test";

test.use({ estate: "empty" });

test("a scope without instances says how to enroll some", async ({ portal, page }) => {
  await portal.open("/");
  await expect(portal.main.getByRole("heading", { level: 1 })).toHaveText(
    "There are no VMs on your account with VM Management.",
  );
  const learn = portal.main.getByRole("link", { name: "Learn More About VM Management" });
  await expect(portal.main.getByRole("table")).toHaveCount(0);
  for (const theme of ["light", "dark"] as const) {
    await portal.setTheme(theme);
    for (const width of [1440, 360]) {
      await page.setViewportSize({ width, height: 900 });
      await portal.expectNoHorizontalScroll();
      await portal.expectAccessible();
    }
  }
  await learn.click();
  await expect(portal.main.getByRole("heading", { level: 1 })).toHaveText("Enroll instances");
  await portal.main.getByRole("link", { name: "Demo vCenter" }).click();
  await expect(portal.main.getByText("sha256sum --check")).toBeVisible();
});

test("the lists are empty", async ({ portal }) => {
  for (const path of ["/instances", "/updates"]) {
    await portal.open(path);
    expect(await portal.total()).toBe(0);
  }
});
