import { CloseButton } from "@mantine/core";
import { NavLink } from "react-router";

import type { ProviderState, Status } from "@/api/types";
import { PhoneIcon } from "@/components/ui/icons";
import { Wordmark } from "@/components/ui/Wordmark";
import classes from "./Navigation.module.css";

const PROVIDER_NAMES: Record<ProviderState["name"], string> = { carrier: "Phone line", engine: "Voice" };
const MODES: Record<ProviderState["mode"], string> = {
  sandbox: "Sandbox",
  real: "Connected",
  missing: "Not set up",
};

interface NavigationProps {
  status: Status | undefined;
  onClose: () => void;
}

export function Navigation({ status, onClose }: NavigationProps) {
  return (
    <div className={classes.side}>
      <div className={classes.brand}>
        <Wordmark />
        <CloseButton className={classes.close} onClick={onClose} aria-label="Close navigation" variant="transparent" />
      </div>
      <nav aria-label="Main">
        <NavLink to="/calls" className={() => classes.link}>
          <PhoneIcon />
          Calls
        </NavLink>
      </nav>
      {status && (
        <section className={classes.installation} aria-label="This installation">
          <dl>
            {status.providers.map((provider) => (
              <div key={provider.name} title={provider.summary}>
                <dt>{PROVIDER_NAMES[provider.name]}</dt>
                <dd data-mode={provider.mode}>{MODES[provider.mode]}</dd>
              </div>
            ))}
          </dl>
          <p>Version {status.version}</p>
        </section>
      )}
    </div>
  );
}
