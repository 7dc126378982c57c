// Takes the pictures of docs/screens: every screen at three widths, and the index of them. Files of former runs are removed.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { PAGES, type PageCase } from "../fixtures/pages";
import type { Theme } from "../fixtures/portal";
import { expect, test } from "../fixtures/test";

const FOLDER = join(__dirname, "..", "..", "docs", "screens");

interface Size {
  width: number;
  height: number;
  themes: readonly Theme[];
}

// The middle width has the wide layout: one theme is enough, and the files stay small.
const SIZES: readonly Size[] = [
  { width: 1440, height: 900, themes: ["light", "dark"] },
  { width: 1024, height: 768, themes: ["light"] },
  { width: 360, height: 780, themes: ["light", "dark"] },
];
/** The picture in the README of the repository. */
const README_SIZE = { width: 1280, height: 860 };
const README_FILE = "readme.webp";
const QUALITY = 60;

/** Error pages and a list without rows are no screens of their own. */
const SCREENS = PAGES.filter(({ name, status }) => status === undefined && name !== "instances-none");

const fileOf = ({ name }: PageCase, width: number, theme: Theme) => `${name}-${width}-${theme}.webp`;

/** The files of a screen by width. */
const filesOf = (screen: PageCase) => SIZES.map(({ width, themes }) => themes.map((theme) => ({ theme, file: fileOf(screen, width, theme) })));

test.beforeAll(() => void mkdirSync(FOLDER, { recursive: true }));

/** By the protocol of the browser: Playwright itself does not write WebP, which keeps the files small. */
async function take(page: Page, file: string) {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: QUALITY });
  await session.detach();
  writeFileSync(join(FOLDER, file), Buffer.from(data, "base64"));
}

for (const screen of SCREENS) {
  test(`${screen.name} is pictured`, async ({ portal, page, samples }) => {
    await portal.open(screen.path(samples));
    for (const { width, height, themes } of SIZES) {
      await page.setViewportSize({ width, height });
      for (const theme of themes) {
        await portal.setTheme(theme);
        await take(page, fileOf(screen, width, theme));
      }
    }
  });
}

test("the overview is pictured for the README", async ({ portal, page }) => {
  await page.setViewportSize(README_SIZE);
  await portal.open("/");
  await take(page, README_FILE);
});

test("the index lists every picture", async ({ samples }) => {
  const files = new Set(SCREENS.flatMap(filesOf).flatMap((widths) => widths.map(({ file }) => file)));
  for (const file of readdirSync(FOLDER)) {
    if (file.endsWith(".webp") && file !== README_FILE && !files.has(file)) rmSync(join(FOLDER, file));
  }
  const headings = SIZES.map(({ width }) => ` ${width} px |`).join("");
  const row = (screen: PageCase) => {
    const cells = filesOf(screen).map((width) => width.map(({ theme, file }) => `[${theme}](${file})`).join(", "));
    return `| ${screen.name} | \`${screen.path(samples)}\` | ${cells.join(" | ")} |`;
  };
  const lines = [
    "# Screens",
    "",
    "Every screen of the portal on the demo, as the operator sees it. `make screens` takes these pictures and writes this page; the",
    "screens are the pages of `end2end/fixtures/pages.ts`. A picture shows what fits the window, not the whole page.",
    "",
    `| screen | address |${headings}`,
    `|---|---|${SIZES.map(() => "---|").join("")}`,
    ...SCREENS.map(row),
    "",
  ];
  writeFileSync(join(FOLDER, "README.md"), lines.join("\n"));
  expect(SCREENS.length).toBeGreaterThan(20);
});
