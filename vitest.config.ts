import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "src/**/*.test.ts",
      "*-unit/**/*.test.ts",
      "processes/**/*.test.ts",
      "console/**/*.test.ts",
      "test/**/*.test.ts",
    ],
    setupFiles: ["test/fast-check-seed.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "forks",
    reporters: ["default", "./scripts/count-reporter.mjs"],
  },
});
