import { Alert } from "@mantine/core";
import type { ReactNode } from "react";

import { AlertIcon } from "./icons";
import classes from "./Note.module.css";

interface NoteProps {
  /** `wait`: something is to be done first. `bad`: something failed. */
  tone: "wait" | "bad";
  title: string;
  children: ReactNode;
}

/** Something the reader has to know before going on. It is announced when it appears. */
export function Note({ tone, title, children }: NoteProps) {
  return (
    <Alert
      title={title}
      icon={<AlertIcon size={20} />}
      data-tone={tone}
      classNames={{ root: classes.note, title: classes.title, icon: classes.icon, message: classes.message }}
    >
      {children}
    </Alert>
  );
}
