// With JavaScript on, the portal moves between its pages without loading the document again.

import { expect, test } from "../fixtures/test";

declare global {
  interface Window {
    sameDocument?: boolean;
  }
}

test("links of the menu keep the document, the title and the history", async ({ portal, page }) => {
  await portal.open("/");
  await page.evaluate(() => (window.sameDocument = true));
  const menu = page.getByRole("banner").getByRole("navigation", { name: "Main" });
  for (const name of ["Instances", "Updates", "Harvest"]) {
    await portal.follow(menu.getByRole("link", { name }));
    await expect(portal.main.getByRole("heading", { level: 1 })).toHaveText(name);
    await expect(page).toHaveTitle(`${name} · VM Management`);
    await expect(menu.getByRole("link", { name })).toHaveAttribute("aria-current", "page");
  }
  await page.goBack();
  await expect(portal.main.getByRole("heading", { level: 1 })).toHaveText("Updates");
  expect(await page.evaluate(() => window.sameDocument)).toBe(true);
});

test("the theme is chosen by hand and remembered", async ({ portal, page }) => {
  await portal.open("/");
  const theme = page.getByRole("button", { name: /^Theme:/ });
  await expect(theme).toHaveText(/system/);
  await theme.click();
  await expect(theme).toHaveText(/light/);
  await theme.click();
  await expect(theme).toHaveText(/dark/);
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await background();
  await page.reload();
  await expect(theme).toHaveText(/dark/);
  expect(await background()).toBe(dark);
  await theme.click();
  await expect(theme).toHaveText(/system/);
  expect(await background()).not.toBe(dark);
});
