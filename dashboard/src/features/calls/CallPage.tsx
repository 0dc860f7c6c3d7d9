import { Button, Skeleton } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";

import { problemOf } from "@/api/problem";
import { statusQuery } from "@/api/status";
import type { CallDetail } from "@/api/types";
import { PageHead } from "@/components/ui/PageHead";
import { ProblemAlert } from "@/components/ui/ProblemAlert";
import { readableNumber } from "@/lib/phone";
import { Announcer } from "./Announcer";
import { CallFacts } from "./CallFacts";
import { CallHead } from "./CallHead";
import classes from "./CallPage.module.css";
import { CallProgress } from "./CallProgress";
import { Conversation } from "./Conversation";
import { callQuery } from "./queries";
import { RecordingCard } from "./RecordingCard";
import { usePlayback } from "./usePlayback";
import { WhatHappened } from "./WhatHappened";
import { farNumber, speakersOf } from "./words";

export function CallPage() {
  const { id = "" } = useParams();
  const call = useQuery(callQuery(id));
  if (call.data) return <Call key={id} call={call.data} />;
  if (call.isPending) return <Skeleton height={420} radius="lg" aria-label="Loading the call" />;
  // 422: the address has no form of an id.
  if ([404, 422].includes(problemOf(call.error).status)) return <NoSuchCall />;
  return <ProblemAlert error={call.error} />;
}

function Call({ call }: { call: CallDetail }) {
  useDocumentTitle(`${readableNumber(farNumber(call))} · AIVoiceCaller`);
  const speakers = speakersOf(call, useQuery(statusQuery).data?.people ?? []);
  const playback = usePlayback();
  const heard = call.recordings.length > 0 || call.answered_at !== null;
  return (
    <>
      <Announcer call={call} speakers={speakers} />
      <CallHead call={call} />
      <div className={classes.progress}>
        <CallProgress call={call} />
      </div>
      <div className={classes.columns}>
        <div className={classes.column}>
          {call.status === "ended" && heard && (
            <div className={classes.recording}>
              <RecordingCard call={call} playback={playback} speakers={speakers} />
            </div>
          )}
          <Conversation call={call} playback={playback} speakers={speakers} />
        </div>
        <div className={classes.column}>
          <CallFacts call={call} />
          <WhatHappened call={call} />
        </div>
      </div>
    </>
  );
}

function NoSuchCall() {
  useDocumentTitle("No such call · AIVoiceCaller");
  return (
    <>
      <PageHead title="There is no such call">
        The link may be mistyped, or the call belongs to another installation.
      </PageHead>
      <div>
        <Button component={Link} to="/calls">
          All calls
        </Button>
      </div>
    </>
  );
}
