import { Loader } from "@mantine/core";

import type { CallDetail } from "@/api/types";
import { Card } from "@/components/ui/Card";
import { Player } from "./Player";
import classes from "./RecordingCard.module.css";
import type { Playback } from "./usePlayback";
import type { Speakers } from "./words";

interface RecordingCardProps {
  call: CallDetail;
  playback: Playback;
  speakers: Speakers;
}

/** The sound of an ended call, or why there is none. */
export function RecordingCard({ call, playback, speakers }: RecordingCardProps) {
  const [recording] = call.recordings;
  return (
    <Card title="Recording">
      {recording ? (
        <Player key={recording.id} recording={recording} playback={playback} speakers={speakers} />
      ) : (
        <p className={classes.note} role="status">
          {call.recording_state === "expected" && <Loader size="xs" aria-hidden="true" />}
          {NOTES[call.recording_state]}
        </p>
      )}
    </Card>
  );
}

const NOTES: Record<CallDetail["recording_state"], string> = {
  expected: "The phone line is preparing the recording. It appears here by itself, usually within seconds.",
  ready: "The recording is ready; its sound is being looked up.",
  unavailable: "There is no recording: the phone line has none to give for this call.",
  none: "This call was not recorded.",
};
