import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The server that `npm run dev` passes the API on to. */
const server = process.env.AIVOICECALLER_URL ?? "http://127.0.0.1:3000";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  build: {
    outDir: "../src/aivoicecaller/web/static",
    emptyOutDir: true,
    // Nothing is put into the page as a data: address, so each file has a name of its own in the server's log.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
  },
  server: { proxy: { "/api": server, "/login": { target: server, bypass: withoutToken } } },
});

/** Only the first-run link `/login?token=...` belongs to the server; `/login` itself is a page of ours. */
function withoutToken(request: { url?: string | undefined }): string | undefined {
  return request.url?.includes("token=") ? undefined : "/index.html";
}
