import { Button, Skeleton, VisuallyHidden } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";

import { Card } from "@/components/ui/Card";
import { EmptyState } from "@/components/ui/EmptyState";
import { ClockIcon } from "@/components/ui/icons";
import { ProblemAlert } from "@/components/ui/ProblemAlert";
import classes from "./History.module.css";
import { HistoryCards } from "./HistoryCards";
import { HistoryTable } from "./HistoryTable";
import { historyQuery } from "./queries";

export function History() {
  const history = useInfiniteQuery(historyQuery);
  const narrow = useMediaQuery("(max-width: 61.99em)", false, { getInitialValueInEffect: false });
  const calls = history.data?.pages.flatMap((page) => page.calls) ?? [];
  const List = narrow ? HistoryCards : HistoryTable;
  return (
    <Card title="History">
      {history.isPending && <Skeleton height={160} radius="md" />}
      {history.isError && <ProblemAlert error={history.error} />}
      {history.isSuccess && calls.length === 0 && (
        <EmptyState icon={<ClockIcon size={20} />} title="No call has ended yet">
          Start your first one above. It stays here with how it ended, its transcript and its recording.
        </EmptyState>
      )}
      {calls.length > 0 && <List calls={calls} />}
      {history.hasNextPage && (
        <Button
          variant="default"
          className={classes.more}
          loading={history.isFetchingNextPage}
          onClick={() => history.fetchNextPage()}
        >
          Show more
        </Button>
      )}
      <VisuallyHidden role="status">{calls.length > 0 && `${calls.length} ended calls shown`}</VisuallyHidden>
    </Card>
  );
}
