// `/auditors`: a link made by an operator, opened in a browser that has never been here.

import { expect, test } from "../fixtures/test";

const DAY = "2025-11-01";

test("a link shows whoever opens it one customer's pages as of one day", async ({ portal, page, browser }) => {
  await portal.open("/auditors");
  await page.getByLabel("As of the end of").fill(DAY);
  await page.getByRole("button", { name: "Make a link" }).click();
  const link = await portal.main.locator(".secret-link").innerText();
  const code = link.split("#")[1] ?? "";

  const context = await browser.newContext({
    javaScriptEnabled: portal.hydrated,
    storageState: { cookies: [], origins: [] },
  });
  const other = await context.newPage();
  const asked: string[] = [];
  other.on("request", (request) => asked.push(`${request.url()} ${request.headers().referer ?? ""}`));
  await other.goto(link);
  // The code leaves the address for the form by itself where a script may run.
  if (portal.hydrated) await expect(other).toHaveURL(/\/audit-link$/);
  else await other.getByLabel("What stands behind the # in the link").fill(code);
  await other.getByRole("button", { name: "Open" }).click();
  await expect(other.getByRole("complementary", { name: "Time machine" })).toContainText("1 Nov 2025");
  const menu = other.getByRole("navigation", { name: "Main" });
  await expect(menu.getByRole("link", { name: "Instances" })).toBeVisible();
  await expect(menu.getByRole("link", { name: "Harvest" })).toHaveCount(0);
  expect(asked.filter((request) => request.includes(code)), "requests that name the code").toEqual([]);
  await context.close();

  await portal.open("/auditors");
  await page.getByRole("button", { name: /^Revoke the link/ }).first().click();
  await expect(portal.main.getByRole("row", { name: /revoked/ }).first()).toBeVisible();
});
