import { ActionIcon, Button, SegmentedControl, Slider } from "@mantine/core";
import { useEffect } from "react";

import type { Recording } from "@/api/types";
import { DownloadIcon, PauseIcon, PlayIcon } from "@/components/ui/icons";
import { clockTime, spokenTime } from "@/lib/format";
import classes from "./Player.module.css";
import type { Playback } from "./usePlayback";
import { Waveform } from "./Waveform";
import type { Speakers } from "./words";

const RATES = ["1", "1.25", "1.5", "2"];

interface PlayerProps {
  recording: Recording;
  playback: Playback;
  speakers: Speakers;
}

export function Player({ recording, playback, speakers }: PlayerProps) {
  const { audio, time_s, playing, failed, rate } = playback;
  usePlayBySpace(playback.toggle);
  return (
    <div className={classes.player}>
      {/* biome-ignore lint/a11y/useMediaCaption: the transcript below is what captions would say. */}
      <audio ref={playback.attach} src={recording.url} preload="metadata" aria-label="Recording" />
      <div className={classes.channels}>
        <div className={classes.labels}>
          <span data-role="caller">{speakers.caller}</span>
          <span data-role="agent">{speakers.agent}</span>
        </div>
        {audio ? <Waveform recording={recording} audio={audio} /> : <div className={classes.undrawn} />}
      </div>
      <Slider
        className={classes.slider}
        size="xs"
        thumbSize={14}
        min={0}
        max={recording.duration_s}
        step={0.1}
        value={Math.min(time_s, recording.duration_s)}
        onChange={playback.seek}
        label={null}
        thumbLabel="Place in the recording"
        thumbValueText={spokenTime}
      />
      <div className={classes.controls}>
        <ActionIcon size={42} radius="xl" onClick={playback.toggle} aria-label={playing ? "Pause" : "Play"}>
          {playing ? <PauseIcon size={20} /> : <PlayIcon size={20} />}
        </ActionIcon>
        <span className={classes.time}>
          {clockTime(time_s)} <span>/ {clockTime(recording.duration_s)}</span>
        </span>
        <SegmentedControl
          className={classes.rates}
          size="xs"
          aria-label="Speed"
          value={String(rate)}
          onChange={(value) => playback.setRate(Number(value))}
          data={RATES.map((value) => ({ value, label: `${value}×` }))}
        />
        <Button
          component="a"
          href={recording.url}
          download={`${recording.id}.wav`}
          variant="default"
          size="xs"
          leftSection={<DownloadIcon size={16} />}
        >
          Download
        </Button>
      </div>
      {failed && (
        <p role="alert" className={classes.failed}>
          The recording cannot be played here. Download it, or reload the page to try again.
        </p>
      )}
    </div>
  );
}

const HAS_ITS_OWN_SPACE = "a, button, input, textarea, select, [role='slider'], [role='option'], [contenteditable]";

/** Space plays and pauses, unless the focused control has its own use for it. */
function usePlayBySpace(toggle: () => void): void {
  useEffect(() => {
    function press(event: KeyboardEvent) {
      const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
      const elsewhere = event.target instanceof Element && event.target.closest(HAS_ITS_OWN_SPACE) !== null;
      if (event.key !== " " || !plain || elsewhere) return;
      event.preventDefault();
      toggle();
    }
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [toggle]);
}
