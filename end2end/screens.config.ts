// Makes the pictures of docs/screens. Not a test, so it is no part of the suite.

import { defineConfig } from "@playwright/test";
import suite from "./playwright.config";

export default defineConfig({ ...suite, testDir: "screens", projects: [{ name: "screens" }] });
