import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Navigate, useLocation } from "react-router";

import { loginQuery } from "@/api/login";
import { Loading } from "./Loading";

/** Shows its children to who is logged in, the log-in page to all others, and comes back afterwards. */
export function RequireLogin({ children }: { children: ReactNode }) {
  const login = useQuery({ ...loginQuery, throwOnError: true });
  const { pathname } = useLocation();
  if (login.isPending) {
    return <Loading />;
  }
  if (!login.data) return <Navigate to={`/login?next=${encodeURIComponent(pathname)}`} replace />;
  return children;
}
