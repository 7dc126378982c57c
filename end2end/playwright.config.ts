// Every spec runs with JavaScript off and on; *.hydrate.spec.ts only with JavaScript on.

import { defineConfig } from "@playwright/test";
import type { EstateOption } from "./fixtures/test";

const ci = Boolean(process.env.CI);

export default defineConfig<EstateOption>({
  testDir: "tests",
  outputDir: "test-results",
  globalSetup: "./fixtures/portals",
  fullyParallel: true,
  forbidOnly: ci,
  workers: 2,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: ci ? "dot" : "list",
  use: {
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    },
    viewport: { width: 1440, height: 900 },
    // Differ from the server's locale and time zone, so a page that depends on them does not hydrate cleanly.
    locale: "de-DE",
    timezoneId: "America/Los_Angeles",
    colorScheme: "light",
    // Without animations, screenshots are stable and nothing has to be waited for.
    contextOptions: { reducedMotion: "reduce" },
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
  },
  projects: [
    { name: "no-js", use: { javaScriptEnabled: false }, testIgnore: /\.hydrate\.spec\.ts$/ },
    { name: "hydrated" },
  ],
});
