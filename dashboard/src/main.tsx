import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createBrowserRouter } from "react-router";

import { App } from "@/app/App";
import { routes } from "@/app/routes";
import { styleNonce } from "@/lib/csp";

// Read by the scroll lock below Mantine's overlays when it makes a <style> (npm: get-nonce).
Object.assign(globalThis, { __webpack_nonce__: styleNonce() });

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <App router={createBrowserRouter(routes)} />
  </StrictMode>,
);
