// Everything without a mouse.

import { expect, test } from "../fixtures/test";

test("the first stop of the keyboard skips to the content", async ({ portal, page }) => {
  await portal.open("/instances");
  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "Skip to the content" });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press("Enter");
  await expect(portal.main).toBeFocused();
});

test("then come the name, the pages and the search, in the order in which they are seen", async ({ portal, page }) => {
  await portal.open("/");
  const header = page.getByRole("banner");
  await page.keyboard.press("Tab");
  for (const stop of [
    header.getByRole("link", { name: "VM Management" }),
    header.getByRole("link", { name: "Overview" }),
    header.getByRole("link", { name: "Instances" }),
    header.getByRole("link", { name: "Updates" }),
    header.getByRole("link", { name: "Changes" }),
    header.getByRole("link", { name: "Trends" }),
    header.getByRole("link", { name: "Service level" }),
    header.getByRole("link", { name: "Harvest" }),
    header.getByRole("link", { name: "Auditors" }),
    header.getByRole("searchbox"),
  ]) {
    await page.keyboard.press("Tab");
    await expect(stop).toBeFocused();
  }
});

test("a table that is wider than its frame can be scrolled by the keyboard", async ({ portal }) => {
  await portal.open("/instances");
  const frame = portal.main.getByRole("region", { name: "Instances, table" });
  await frame.focus();
  await expect(frame).toBeFocused();
});
