import "@mantine/core/styles.layer.css";
import "./tokens.css";
import "./global.css";

import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { useState } from "react";
import type { DataRouter } from "react-router";
import { RouterProvider } from "react-router/dom";

import { styleNonce } from "@/lib/csp";
import { makeQueryClient } from "./queryClient";
import { cssVariables, theme } from "./theme";

interface AppProps {
  router: DataRouter;
  /** `test`: without transitions, and with menus in the place where they are opened. */
  env?: "default" | "test";
}

export function App({ router, env = "default" }: AppProps) {
  const [client] = useState(makeQueryClient);
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      getStyleNonce={styleNonce}
      env={env}
    >
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
