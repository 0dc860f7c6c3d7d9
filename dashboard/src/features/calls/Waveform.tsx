import { useEffect, useRef, useSyncExternalStore } from "react";
import WaveSurfer from "wavesurfer.js";

import type { Recording } from "@/api/types";
import { styleNonce } from "@/lib/csp";
import classes from "./Waveform.module.css";

interface WaveformProps {
  recording: Recording;
  audio: HTMLAudioElement;
}

const HEIGHT_PX = 52;

/** Longer ones play as well, but are not drawn: the browser would have to hold all of their sound at once. */
const DRAWN_UP_TO_S = 30 * 60;

/** The two voices of a recording, drawn; a click or a drag seeks. What it shows is also told by the slider below. */
export function Waveform({ recording, audio }: WaveformProps) {
  const container = useRef<HTMLDivElement>(null);
  const surfer = useRef<WaveSurfer>(undefined);
  const scheme = useSyncExternalStore(watchScheme, currentScheme);
  const { url, duration_s } = recording;

  useEffect(() => {
    if (container.current === null) return;
    const drawn = WaveSurfer.create({
      container: container.current,
      media: audio,
      url,
      cspNonce: styleNonce(),
      barWidth: 2,
      barGap: 2,
      barRadius: 2,
      barMinHeight: 1,
      cursorWidth: 2,
      normalize: true,
      dragToSeek: true,
      hideScrollbar: true,
      ...colours(),
      ...(duration_s > DRAWN_UP_TO_S && {
        peaks: [new Float32Array(2), new Float32Array(2)],
        duration: duration_s,
      }),
    });
    // A recording that cannot be fetched or decoded is told by the player, which watches the audio element.
    drawn.on("error", () => undefined);
    surfer.current = drawn;
    return () => drawn.destroy();
  }, [audio, url, duration_s]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are those of the scheme.
  useEffect(() => surfer.current?.setOptions(colours()), [scheme]);

  return <div ref={container} className={classes.waveform} aria-hidden="true" data-testid="waveform" />;
}

/** The voices' colours as they are now; a canvas cannot read CSS variables by itself. */
function colours() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  return {
    cursorColor: colour("--c-ink"),
    splitChannels: ["caller", "agent"].map((voice) => ({
      height: HEIGHT_PX,
      waveColor: colour(`--c-${voice}-faint`),
      progressColor: colour(`--c-${voice}`),
    })),
  };
}

const SCHEME = "data-mantine-color-scheme";

function currentScheme(): string | null {
  return document.documentElement.getAttribute(SCHEME);
}

function watchScheme(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributeFilter: [SCHEME] });
  return () => observer.disconnect();
}
