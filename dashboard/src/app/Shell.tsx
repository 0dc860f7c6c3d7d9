import { AppShell, Burger } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Outlet, ScrollRestoration, useLocation } from "react-router";

import { statusQuery } from "@/api/status";
import { Wordmark } from "@/components/ui/Wordmark";
import { ColorSchemeButton } from "./ColorSchemeButton";
import { ConnectionState } from "./ConnectionState";
import { LogOutButton } from "./LogOutButton";
import { useLiveUpdates } from "./liveUpdates";
import { MissingKeysBanner } from "./MissingKeysBanner";
import { Navigation } from "./Navigation";
import classes from "./Shell.module.css";

/** The frame around every page: navigation, the state of the connection, and what is missing to place calls. */
export function Shell() {
  const stream = useLiveUpdates();
  const status = useQuery(statusQuery);
  const [open, { toggle, close }] = useDisclosure();
  const { pathname } = useLocation();

  const shown = useRef(pathname);

  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    close();
    // The control that led here is gone; keyboard and screen reader go on at the new page's beginning.
    document.getElementById("content")?.focus({ preventScroll: true });
  }, [pathname, close]);

  return (
    <AppShell
      layout="alt"
      header={{ height: 56 }}
      navbar={{ width: 236, breakpoint: "sm", collapsed: { mobile: !open } }}
      padding={0}
    >
      <a href="#content" className={classes.skip}>
        Skip to the content
      </a>
      <AppShell.Header className={classes.header} withBorder={false}>
        <div className={classes.phoneBrand}>
          <Burger opened={open} onClick={toggle} size="sm" aria-label={open ? "Close navigation" : "Open navigation"} />
          <Wordmark />
        </div>
        <ConnectionState state={stream} />
        <ColorSchemeButton />
        <LogOutButton />
      </AppShell.Header>
      <AppShell.Navbar className={classes.side} withBorder={false}>
        <Navigation status={status.data} onClose={close} />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} className={classes.main}>
        <div className={classes.content}>
          {status.data?.can_call === false && <MissingKeysBanner providers={status.data.providers} />}
          <Outlet />
        </div>
      </AppShell.Main>
      <ScrollRestoration />
    </AppShell>
  );
}
