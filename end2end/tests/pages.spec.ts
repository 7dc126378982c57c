// Every page: no accessibility violations in light and dark, and no horizontal scrolling at three widths.
// Saves a screenshot of each page to test-results/pages.

import { PAGES } from "../fixtures/pages";
import { test } from "../fixtures/test";

const WIDTHS = [1440, 1024, 360];

for (const { name, path, status } of PAGES) {
  for (const theme of ["light", "dark"] as const) {
    test(`${name}, ${theme}: accessible and without horizontal scrolling`, async ({ portal, page, samples }) => {
      await portal.setTheme(theme);
      await portal.open(path(samples), status);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        await portal.expectNoHorizontalScroll();
        // axe takes seconds on a long list. Colours do not depend on JavaScript, and the middle width has the wide layout.
        if (width !== 1024 && (portal.hydrated || theme === "light")) await portal.expectAccessible();
        if (portal.hydrated) {
          await page.screenshot({ path: `test-results/pages/${name}-${width}-${theme}.png`, fullPage: true });
        }
      }
    });
  }
}
