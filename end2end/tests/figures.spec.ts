// Every figure with a link leads to a list of that many rows, for each role. The server renders all of it, so no browser is needed.
//
// Follows a sample; with MUSTER_CRAWL=whole, thousands of links.

import { Crawler, type Limits } from "../fixtures/crawl";
import { figureOf, linksOf, totalOf } from "../fixtures/figures";
import { PAGES } from "../fixtures/pages";
import { portalUrl } from "../fixtures/portals";
import { signIn, type Person } from "../fixtures/sign_in";
import { expect, test } from "../fixtures/test";

// The HTML does not depend on JavaScript.
test.skip(({ javaScriptEnabled }) => javaScriptEnabled !== false, "runs once, in the project no-js");

const isWhole = process.env.MUSTER_CRAWL === "whole";
const LIMITS: Limits = isWhole
  ? { pagesPerShape: 2, figuresPerStart: Infinity, figuresPerPage: 6, depth: 3 }
  : { pagesPerShape: 1, figuresPerStart: 6, figuresPerPage: 3, depth: 2 };
/** Days of the demo's history. The sample has them by the menu of the overview of a past day. */
const PAST_DAYS = isWhole ? ["2025-11-01", "2025-09-15"] : [];
/** The links that must at least be followed for each role. */
const LINKS_MIN = isWhole ? 4000 : 100;

const asOf = (path: string, day: string) => `${path}${path.includes("?") ? "&" : "?"}as_of=${day}`;

for (const person of ["operator", "account_manager", "customer"] satisfies Person[]) {
  test(`every figure that the ${person} sees leads to that many rows`, async ({ samples }) => {
    test.setTimeout(isWhole ? 3_600_000 : 240_000);
    const portal = portalUrl("demo");
    const cookie = `muster=${await signIn(portal, person)}`;
    const paths = PAGES.filter(({ status }) => status === undefined).map(({ path }) => path(samples));
    const past = PAST_DAYS.flatMap((day) => paths.filter((path) => !path.includes("as_of=")).map((path) => asOf(path, day)));
    const crawl = await new Crawler(portal, cookie, LIMITS).walk([...paths, ...past]);
    const { pages, links, figures, mismatches, broken } = crawl;
    console.log(
      `${person}: ${pages} pages read, ${links} links followed, ${figures} figures compared, ` +
        `${mismatches.length} mismatches, ${broken.length} broken links`,
    );
    expect.soft(broken, "links to error pages").toEqual([]);
    expect.soft(mismatches, "figures that differ from their list").toEqual([]);
    expect(links).toBeGreaterThan(LINKS_MIN);
  });
}

test("dates, shares, names and pages are no figures", () => {
  for (const [html, label, figure] of [
    ["1,204", "1,204 pending OS updates of nw-7", 1204],
    ["<b>0</b><span>Failed</span><span>0 %</span>", undefined, 0],
    ["on <!>92 instances", undefined, 92],
    ["36 of 40 accounts fresh", undefined, 36],
    ['Updates <span class="muted">39</span>', undefined, 39],
    ['<span class="badge tone-failed"><svg></svg><bdi>2 failed</bdi></span>', undefined, 2],
    ["22 Nov 2025, 12:21", undefined, undefined],
    ["02:40", undefined, undefined],
    ["<bdi>KB 5068791 of 3</bdi>", undefined, undefined],
    ["9 more", undefined, undefined],
    ["93 %", undefined, undefined],
    ["Trend", "Trend of run success in 30 days", undefined],
  ] as const) {
    expect(figureOf(html, label, "/instances"), html).toBe(figure);
  }
  const pager = '<nav aria-label="Pagination" class="pagination"><p>1–50 of 1,204</p><a href="/instances?page=2">2</a></nav>';
  expect(linksOf(pager, "/instances")).toEqual([{ name: "2", href: "/instances?page=2", figure: undefined }]);
  expect(totalOf(`<main>${pager}</main>`, "")).toBe(1204);
});
