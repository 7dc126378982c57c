// A page has the same content with JavaScript off and on.

import { PAGES } from "../fixtures/pages";
import { expect, test } from "../fixtures/test";

for (const { name, path, status } of PAGES.filter(({ name }) => /^(overview|account|instances|instance|harvest)$/.test(name))) {
  test(`${name} has the same content with JavaScript off and on`, async ({ portal, browser, samples }) => {
    const context = await browser.newContext({
      javaScriptEnabled: false,
      storageState: await portal.page.context().storageState(),
    });
    const page = await context.newPage();
    // Ages are shown in minutes, so a minute may pass between the two pages: retry.
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
