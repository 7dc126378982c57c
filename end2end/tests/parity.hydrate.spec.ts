// With JavaScript off and on, a page reads the same: the islands add, they never replace.

import { PAGES } from "../fixtures/pages";
import { expect, test } from "../fixtures/test";

for (const { name, path, status } of PAGES.filter(({ name }) => /^(overview|account|instances|instance|harvest)$/.test(name))) {
  test(`${name} reads the same with JavaScript off and on`, async ({ portal, browser, samples }) => {
    const context = await browser.newContext({
      javaScriptEnabled: false,
      storageState: await portal.page.context().storageState(),
    });
    const page = await context.newPage();
    // Ages are told in minutes: between the two pages one may pass, but hardly twice in a row.
    await expect(async () => {
      await portal.open(path(samples), status);
      await page.goto(portal.page.url());
      const whole = await page.getByRole("main").ariaSnapshot();
      expect(whole.split("\n").length).toBeGreaterThan(20);
      expect(await portal.main.ariaSnapshot()).toBe(whole);
    }).toPass({ timeout: 30_000 });
    await context.close();
  });
}
