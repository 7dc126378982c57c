// With JavaScript off and on, a page reads the same: the islands add, they never replace.

import { PAGES } from "../fixtures/pages";
import { expect, test } from "../fixtures/test";

for (const { name, path, status } of PAGES.filter(({ name }) => /^(overview|account|instances|instance|harvest)$/.test(name))) {
  test(`${name} reads the same with JavaScript off and on`, async ({ portal, browser, samples }) => {
    await portal.open(path(samples), status);
    const hydrated = await portal.main.ariaSnapshot();
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(portal.page.url());
    const whole = await page.getByRole("main").ariaSnapshot();
    await context.close();
    expect(hydrated.split("\n").length).toBeGreaterThan(20);
    expect(hydrated).toBe(whole);
  });
}
