import { Button, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { problemOf } from "@/api/problem";
import type { CallSummary } from "@/api/types";
import { HangUpIcon } from "@/components/ui/icons";
import { readableNumber } from "@/lib/phone";
import { CHANGES } from "./changes";
import classes from "./HangUpButton.module.css";
import { make } from "./live";
import { hangUp } from "./queries";
import { farNumber } from "./words";

interface HangUpButtonProps {
  call: CallSummary;
  size?: "sm" | "md";
}

/** Ends a call at once. It stays busy until the end is heard, because being asked is not yet having ended. */
export function HangUpButton({ call, size = "sm" }: HangUpButtonProps) {
  const client = useQueryClient();
  const ended = call.status === "ended";
  const end = useMutation({
    mutationFn: () => hangUp(call.id),
    onSuccess: (summary) => make(client, CHANGES["call.updated"]({ call: summary })),
  });
  return (
    <div className={classes.place}>
      <Button
        size={size}
        className={classes.button}
        leftSection={<HangUpIcon />}
        disabled={ended}
        loading={!ended && (end.isPending || end.isSuccess)}
        onClick={() => end.mutate()}
        aria-label={`Hang up ${readableNumber(farNumber(call))}`}
      >
        Hang up
      </Button>
      {end.isError && !ended && (
        <Text size="sm" c="var(--c-bad)" role="alert">
          {problemOf(end.error).detail}
        </Text>
      )}
    </div>
  );
}
