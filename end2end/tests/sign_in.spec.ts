// Signing in and out, and what each person of the demo sees.

import { expect, test } from "../fixtures/test";

test.use({ storageState: { cookies: [], origins: [] } });

test("a deep link survives sign-in, and sign-out ends the session", async ({ portal, page }) => {
  const wanted = "/instances?status=failed";
  await page.goto(new URL(wanted, portal.baseUrl).href);
  await expect(page).toHaveURL(/\/sign-in\?return_to=/);
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await expect(page.getByRole("navigation", { name: "Main" })).toHaveCount(0);
  await portal.expectAccessible();
  await page.getByRole("button", { name: "Sam Okafor" }).click();
  await expect(page).toHaveURL(new URL(wanted, portal.baseUrl).href);

  await page.getByText("Sam Okafor").click();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(page.getByText("You have signed out.")).toBeVisible();
  await page.goto(new URL("/", portal.baseUrl).href);
  await expect(page).toHaveURL(/\/sign-in$/);
});

test("a customer sees only their own accounts and no harvest page", async ({ portal, guard, page }) => {
  await page.goto(new URL("/sign-in", portal.baseUrl).href);
  const offer = page.getByRole("listitem").filter({ has: page.getByRole("button", { name: "Ada Lind" }) });
  const company = /the accounts of (.+)$/.exec(await offer.getByRole("paragraph").innerText())?.[1];
  expect(company).toBeTruthy();
  await page.getByRole("button", { name: "Ada Lind" }).click();
  await expect(page).toHaveURL(new URL("/", portal.baseUrl).href);
  await expect(page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Harvest" })).toHaveCount(0);

  await portal.open("/instances?per_page=500");
  const customers = new Set(await portal.column("Account"));
  expect(customers.size).toBeGreaterThan(0);
  await portal.open("/harvest", 404);
  const everything = await page.request.get(new URL("/api/v1/accounts?per_page=500", portal.baseUrl).href);
  const { rows } = (await everything.json()) as { rows: { customer_name: string }[] };
  expect(new Set(rows.map((row) => row.customer_name))).toEqual(new Set([company]));
  void guard;
});

test("an account manager can select among their own customers only", async ({ portal, page }) => {
  await page.goto(new URL("/sign-in", portal.baseUrl).href);
  const offer = page.getByRole("listitem").filter({ has: page.getByRole("button", { name: "Noor Haddad" }) });
  const names = /the customers (.+)$/.exec(await offer.getByRole("paragraph").innerText())?.[1]?.split(", ") ?? [];
  expect(names.length).toBeGreaterThan(1);
  await page.getByRole("button", { name: "Noor Haddad" }).click();
  const picker = page.getByRole("combobox", { name: "Customer" });
  const options = picker.getByRole("option");
  // And all of them together.
  await expect(options).toHaveCount(names.length + 1);
  const offered = (await options.allInnerTexts()).map((text) => text.replace(/ \(\d+\)$/, "").trim());
  expect(offered.filter((name) => names.includes(name)).sort()).toEqual([...names].sort());
});
