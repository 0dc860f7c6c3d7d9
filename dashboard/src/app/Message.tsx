import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";

import classes from "./Message.module.css";

interface MessageProps {
  title: string;
  children: ReactNode;
}

/** A page that only has something to say. */
export function Message({ title, children }: MessageProps) {
  useDocumentTitle(`${title} · AIVoiceCaller`);
  return (
    <div className={classes.message}>
      <h1>{title}</h1>
      {children}
    </div>
  );
}
