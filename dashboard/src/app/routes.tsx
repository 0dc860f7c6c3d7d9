import { Navigate, type RouteObject } from "react-router";

import { CallsPage } from "@/features/calls/CallsPage";
import { LoginPage } from "@/features/login/LoginPage";
import { ErrorPage } from "./ErrorPage";
import { Loading } from "./Loading";
import { NotFoundPage } from "./NotFoundPage";
import { RequireLogin } from "./RequireLogin";
import { Shell } from "./Shell";

export const routes: RouteObject[] = [
  {
    errorElement: <ErrorPage />,
    hydrateFallbackElement: <Loading />,
    children: [
      { path: "/login", element: <LoginPage /> },
      {
        element: (
          <RequireLogin>
            <Shell />
          </RequireLogin>
        ),
        children: [
          {
            // A page that fails leaves the navigation in place.
            errorElement: <ErrorPage />,
            children: [
              { index: true, element: <Navigate to="/calls" replace /> },
              { path: "/calls", element: <CallsPage /> },
              {
                path: "/calls/:id",
                lazy: async () => ({ Component: (await import("@/features/calls/CallPage")).CallPage }),
              },
              { path: "*", element: <NotFoundPage /> },
            ],
          },
        ],
      },
    ],
  },
];
