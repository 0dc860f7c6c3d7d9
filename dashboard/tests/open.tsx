import { render } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { createMemoryRouter } from "react-router";

import { App } from "@/app/App";
import { routes } from "@/app/routes";

/** Open an address of the dashboard, as a browser would. */
export function open(address: string) {
  const router = createMemoryRouter(routes, { initialEntries: [address] });
  render(<App router={router} env="test" />);
  return { user: userEvent.setup({ delay: null }), place: () => router.state.location.pathname };
}
