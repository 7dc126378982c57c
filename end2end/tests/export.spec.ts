// The export buttons: the whole list as a file, with the filters of the page.

import { readFile } from "node:fs/promises";
import { fetchJson, type List } from "../fixtures/api";
import { parseCsv } from "../fixtures/csv";
import { expect, test } from "../fixtures/test";
import type { Portal } from "../fixtures/portal";

async function download(portal: Portal, button: string): Promise<string[][]> {
  const downloading = portal.page.waitForEvent("download");
  await portal.main.getByRole("link", { name: button }).first().click();
  const file = await downloading;
  expect(file.suggestedFilename()).toMatch(/\.csv$/);
  const text = await readFile(await file.path(), "utf8");
  return parseCsv(text.replace(/^\uFEFF/, ""));
}

for (const [page, json, button] of [
  ["/instances?status=pending", "instances?status=pending", "Export instances as CSV"],
  ["/instances?status=pending", "instances?status=pending", "Export instances for Excel"],
  ["/updates/list?state=Missing", "updates?state=Missing", "Export updates as CSV"],
  ["/", "accounts", "Export accounts as CSV"],
] as const) {
  test(`${button} on ${page} has as many rows as the list`, async ({ portal }) => {
    const { total, rows } = await fetchJson<List<Record<string, unknown>>>(`${portal.baseUrl}/api/v1/${json}`);
    await portal.open(page);
    const [header, ...lines] = await download(portal, button);
    expect(lines.length).toBe(total);
    const names = Object.keys(rows[0] ?? {});
    // The header has the JSON's field names.
    expect((header ?? []).filter((name) => !names.includes(name))).toEqual([]);
  });
}

test("exports all updates and the whole history of an instance", async ({ portal, samples }) => {
  const { instance_id } = samples.instance;
  for (const [tab, button, list] of [
    ["", "Export updates as CSV", "updates"],
    ["?tab=history", "Export history as CSV", "history"],
  ] as const) {
    const { total } = await fetchJson<List<unknown>>(`${portal.baseUrl}/api/v1/instances/${instance_id}/${list}`);
    await portal.open(`/instances/${instance_id}${tab}`);
    const [header, ...lines] = await download(portal, button);
    expect(lines.length, list).toBe(total);
    expect(header).toContain("instance_id");
  }
});
