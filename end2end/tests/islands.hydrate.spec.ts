// The islands. Everything else on a page works without JavaScript.

import { expect, test } from "../fixtures/test";

test("the selected theme is stored", async ({ portal, page }) => {
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

test("a selected value applies immediately, without empty fields in the address", async ({ portal, page }) => {
  await portal.open("/instances");
  await portal.main.getByLabel("Patch status").selectOption({ label: "Stale" });
  await expect(page).toHaveURL(`${portal.baseUrl}/instances?status=stale`);
});
