import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { statusQuery } from "@/api/status";
import { Card } from "@/components/ui/Card";
import { EmptyState } from "@/components/ui/EmptyState";
import { PhoneIcon } from "@/components/ui/icons";
import { ProblemAlert } from "@/components/ui/ProblemAlert";
import { Tag } from "@/components/ui/Tag";
import { LiveCallCard } from "./LiveCallCard";
import classes from "./LiveCalls.module.css";
import { liveCallsQuery } from "./queries";

export function LiveCalls() {
  const live = useQuery(liveCallsQuery);
  const people = useQuery(statusQuery).data?.people ?? [];
  const count = live.data?.length ?? 0;
  return (
    <Card title="Live now" aside={count > 0 && <Tag tone="good">{count === 1 ? "1 call" : `${count} calls`}</Tag>}>
      {live.isPending && <Skeleton height={84} radius="md" />}
      {live.isError && <ProblemAlert error={live.error} />}
      {live.data?.length === 0 && (
        <EmptyState icon={<PhoneIcon size={20} />} title="No call is live">
          Start one above; you can follow every word of it here.
        </EmptyState>
      )}
      {count > 0 && (
        <ul className={classes.cards}>
          {live.data?.map((call) => (
            <li key={call.id}>
              <LiveCallCard call={call} people={people} />
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
