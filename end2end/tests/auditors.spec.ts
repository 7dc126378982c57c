// `/auditors`: a link created by an operator, opened in a fresh browser, and the address of a calendar.

import { expect, test } from "../fixtures/test";

const DAY = "2025-11-01";

test("a link shows one customer's pages as of one day", async ({ portal, page, browser }) => {
  await portal.open("/auditors");
  await page.getByLabel("As of the end of").fill(DAY);
  await page.getByRole("button", { name: "Create link" }).click();
  const link = await portal.main.locator(".secret-link").innerText();
  const code = link.split("#")[1] ?? "";

  const context = await browser.newContext({
    javaScriptEnabled: portal.hydrated,
    storageState: { cookies: [], origins: [] },
  });
  const auditor = await context.newPage();
  const requests: string[] = [];
  auditor.on("request", (request) => requests.push(`${request.url()} ${request.headers().referer ?? ""}`));
  await auditor.goto(link);
  // With JavaScript, the code moves from the address to the form.
  if (portal.hydrated) await expect(auditor).toHaveURL(/\/audit-link$/);
  else await auditor.getByLabel("Link code (the part after #)").fill(code);
  await auditor.getByRole("button", { name: "Open" }).click();
  await expect(auditor.getByRole("complementary", { name: "Past day" })).toContainText("1 Nov 2025");
  const menu = auditor.getByRole("navigation", { name: "Main" });
  await expect(menu.getByRole("link", { name: "Instances" })).toBeVisible();
  await expect(menu.getByRole("link", { name: "Harvest" })).toHaveCount(0);
  expect(requests.filter((request) => request.includes(code)), "requests that name the code").toEqual([]);
  await context.close();

  await portal.open("/auditors");
  await page.getByRole("button", { name: /^Revoke link/ }).first().click();
  await expect(portal.main.getByRole("row", { name: /Revoked/ }).first()).toBeVisible();
});

test("a calendar program reads the address that an operator creates", async ({ portal, page }) => {
  await portal.open("/calendar");
  await portal.follow(portal.main.getByRole("link", { name: "Subscribe" }));
  await page.getByLabel("Customer of the calendar").selectOption({ index: 0 });
  await page.getByRole("button", { name: "Create calendar address" }).click();
  // Without cookies, as such a program asks.
  const answer = await fetch(await portal.main.locator(".secret-link").innerText());
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe("text/calendar; charset=utf-8");
  expect(await answer.text()).toContain("BEGIN:VEVENT");
});
