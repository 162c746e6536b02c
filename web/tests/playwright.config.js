/**
 * How the tests in a browser are run: Debian's Chromium, one scale, one locale, one time zone.
 *
 * Owns that, and the server of static files. Tests are never retried.
 */
import { defineConfig } from "@playwright/test";

const PORT = 4173;

export default defineConfig({
  testDir: ".",
  testMatch: "**/*.spec.js",
  outputDir: "../../target/web-tests/results",
  snapshotPathTemplate: "{testDir}/stored/{arg}{ext}",
  fullyParallel: true,
  forbidOnly: true,
  retries: 0,
  // axe-core looks at some six hundred elements, and the machine may be shared.
  timeout: 60_000,
  workers: 2,
  reporter: "list",
  expect: { toHaveScreenshot: { animations: "disabled", caret: "hide", scale: "css", maxDiffPixels: 12 } },
  use: {
    baseURL: `http://127.0.0.1:${PORT}`,
    browserName: "chromium",
    deviceScaleFactor: 1,
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    timezoneId: "UTC",
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // The same edges of letters on every machine.
        "--font-render-hinting=none",
        "--disable-lcd-text",
      ],
    },
  },
  webServer: {
    command: "node support/static.js",
    cwd: ".",
    env: { PORT: String(PORT) },
    url: `http://127.0.0.1:${PORT}/gallery`,
    reuseExistingServer: false,
  },
});
