import { defineConfig, mergeConfig } from "vitest/config";

import base from "./vite.config";

export default mergeConfig(
  base,
  defineConfig({
    test: {
      environment: "happy-dom",
      setupFiles: ["tests/setup.ts"],
      include: ["tests/**/*.test.{ts,tsx}"],
      env: { TZ: "UTC" },
    },
  }),
);
