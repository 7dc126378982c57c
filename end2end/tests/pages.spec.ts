// What holds on every page: axe finds nothing, light and dark, and the page fits its window at three widths.
// Leaves a screenshot of each in test-results/pages.

import { PAGES } from "../fixtures/pages";
import { test } from "../fixtures/test";

const WIDTHS = [1440, 1024, 360];

for (const { name, path, status } of PAGES) {
  for (const theme of ["light", "dark"] as const) {
    test(`${name}, ${theme}: accessible, and no wider than its window`, async ({ portal, page, samples }) => {
      await portal.setTheme(theme);
      await portal.open(path(samples), status);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        await portal.expectNoSidewaysScroll();
        // axe takes seconds on a long list. The colours are the same in both modes, and the middle width is no other layout.
        if (width !== 1024 && (portal.hydrated || theme === "light")) await portal.expectAccessible();
        if (portal.hydrated) {
          await page.screenshot({ path: `test-results/pages/${name}-${width}-${theme}.png`, fullPage: true });
        }
      }
    });
  }
}
