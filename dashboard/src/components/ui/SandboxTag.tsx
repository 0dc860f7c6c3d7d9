import { Tooltip, VisuallyHidden } from "@mantine/core";

import { SandboxIcon } from "./icons";
import classes from "./SandboxTag.module.css";
import { Tag } from "./Tag";

export const SANDBOX_MEANS = "Rings a scripted person on this machine; no phone network.";

/** Stands wherever a call is a sandbox call; `plain` in a list, where many would shout. */
export function SandboxTag({ plain = false }: { plain?: boolean }) {
  return (
    <Tooltip label={SANDBOX_MEANS} events={{ hover: true, focus: true, touch: true }}>
      <span className={classes.place} data-plain={plain}>
        <Tag tone="quiet" icon={<SandboxIcon />}>
          Sandbox<VisuallyHidden component="span">. {SANDBOX_MEANS}</VisuallyHidden>
        </Tag>
      </span>
    </Tooltip>
  );
}
