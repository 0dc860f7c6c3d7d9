import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = process.env.AIVOICECALLER_URL ?? "http://127.0.0.1:3000";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  build: {
    outDir: "../src/aivoicecaller/web/static",
    emptyOutDir: true,
    // Nothing is put into the page as a data: address, so every file has a name of its own in the log of the server.
    assetsInlineLimit: 0,
  },
  server: { proxy: { "/api": server, "/login": { target: server, bypass: withoutToken } } },
  test: {
    environment: "happy-dom",
    setupFiles: ["tests/setup.ts"],
    include: ["tests/**/*.test.{ts,tsx}"],
    env: { TZ: "UTC" },
    restoreMocks: true,
    css: false,
  },
});

/** Only the first-run link `/login?token=...` belongs to the server; `/login` itself is a page of ours. */
function withoutToken(request: { url?: string | undefined }): string | undefined {
  return request.url?.includes("token=") ? undefined : "/index.html";
}
