import { useCallback, useEffect, useMemo, useState } from "react";

/** The state of the one player of a page, and what can be done with it. Times are seconds. */
export interface Playback {
  audio: HTMLAudioElement | null;
  /** Give the audio element to the page, as a React ref. */
  attach: (audio: HTMLAudioElement | null) => void;
  time_s: number;
  playing: boolean;
  rate: number;
  failed: boolean;
  toggle: () => void;
  seek: (time_s: number) => void;
  playFrom: (time_s: number) => void;
  setRate: (rate: number) => void;
}

const EVENTS = ["play", "pause", "ended", "timeupdate", "seeking", "ratechange", "error", "loadstart"] as const;

interface Heard {
  time_s: number;
  playing: boolean;
  rate: number;
  failed: boolean;
}
const SILENT: Heard = { time_s: 0, playing: false, rate: 1, failed: false };

/** The audio element is the one truth about playing; this only watches it and passes orders on. */
export function usePlayback(): Playback {
  const [audio, attach] = useState<HTMLAudioElement | null>(null);
  const [heard, setHeard] = useState(SILENT);

  useEffect(() => {
    if (audio === null) return;
    const look = () =>
      setHeard({
        time_s: audio.currentTime,
        playing: !audio.paused && !audio.ended,
        rate: audio.playbackRate,
        failed: audio.error !== null,
      });
    for (const event of EVENTS) audio.addEventListener(event, look);
    return () => {
      for (const event of EVENTS) audio.removeEventListener(event, look);
    };
  }, [audio]);

  // A refusal to play (no permission, broken file) shows as paused or as the element's own error.
  const play = useCallback(() => void audio?.play().catch(() => undefined), [audio]);
  const orders = useMemo(
    () => ({
      toggle: () => (audio?.paused ? play() : audio?.pause()),
      seek: (time_s: number) => {
        if (audio) audio.currentTime = time_s;
      },
      playFrom: (time_s: number) => {
        if (audio) audio.currentTime = time_s;
        play();
      },
      setRate: (rate: number) => {
        if (audio) audio.playbackRate = rate;
      },
    }),
    [audio, play],
  );
  return { audio, attach, ...heard, ...orders };
}
