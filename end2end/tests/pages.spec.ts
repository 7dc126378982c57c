// What holds on every page: axe finds nothing, light and dark, and the page fits its window at three widths.
// Leaves a screenshot of each in test-results/pages.

import { PAGES } from "../fixtures/pages";
import { test } from "../fixtures/test";

const WIDTHS = [1440, 1024, 360];

for (const { name, path, status } of PAGES) {
  for (const theme of ["light", "dark"] as const) {
    test(`${name}, ${theme}: accessible, and no wider than its window`, async ({ portal, page, samples }, { project }) => {
      await portal.setTheme(theme);
      await portal.open(path(samples), status);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        await portal.expectNoSidewaysScroll();
        await page.screenshot({
          path: `test-results/pages/${name}-${width}-${theme}-${project.name}.png`,
          fullPage: true,
        });
        if (width !== 1024) await portal.expectAccessible();
      }
    });
  }
}
