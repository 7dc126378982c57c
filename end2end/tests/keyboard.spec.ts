// Keyboard navigation.

import { expect, test } from "../fixtures/test";

test("the first Tab stop skips to the content", async ({ portal, page }) => {
  await portal.open("/instances");
  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "Skip to content" });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press("Enter");
  await expect(portal.main).toBeFocused();
});

test("Tab follows the visual order of the header", async ({ portal, page }) => {
  await portal.open("/");
  const header = page.getByRole("banner");
  await page.keyboard.press("Tab");
  for (const stop of [
    header.getByRole("link", { name: "VM Management" }),
    header.getByRole("link", { name: "Customers" }),
    header.getByRole("link", { name: "Overview" }),
    header.getByRole("link", { name: "Instances" }),
    header.getByRole("link", { name: "Updates" }),
    header.getByRole("link", { name: "Runs" }),
    header.getByRole("link", { name: "Calendar" }),
    header.getByRole("link", { name: "Coverage" }),
    header.locator("summary").filter({ hasText: "More" }),
    header.getByRole("searchbox"),
  ]) {
    await page.keyboard.press("Tab");
    await expect(stop).toBeFocused();
  }
});

test("a wide table can be scrolled by keyboard", async ({ portal }) => {
  await portal.open("/instances");
  const region = portal.main.getByRole("region", { name: "Instances, table" });
  await region.focus();
  await expect(region).toBeFocused();
});
