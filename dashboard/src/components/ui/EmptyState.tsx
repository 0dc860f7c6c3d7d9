import type { ReactNode } from "react";

import classes from "./EmptyState.module.css";

interface EmptyStateProps {
  icon: ReactNode;
  title: string;
  /** What to do next. */
  children: ReactNode;
}

export function EmptyState({ icon, title, children }: EmptyStateProps) {
  return (
    <div className={classes.empty}>
      <span className={classes.icon}>{icon}</span>
      <div>
        <p className={classes.title}>{title}</p>
        <div className={classes.next}>{children}</div>
      </div>
    </div>
  );
}
