import classes from "./TwoVoices.module.css";

/** Heights of the bars of a talk in which one listens while the other speaks; percent of the half. */
const CALLER = [14, 30, 62, 88, 54, 70, 34, 12, 5, 4, 5, 4, 4, 5, 4, 4, 8, 26, 58, 80, 46, 20, 6, 4, 4, 5, 4, 4];
const AGENT = [4, 5, 4, 4, 5, 4, 8, 28, 52, 76, 94, 60, 82, 44, 66, 30, 10, 5, 4, 4, 6, 24, 64, 90, 72, 48, 22, 8];
const STEP = 10;

/** The motif of the product: two voices that take turns. */
export function TwoVoices() {
  return (
    <svg className={classes.voices} viewBox={`0 0 ${CALLER.length * STEP} 120`} aria-hidden="true">
      {CALLER.map((height, index) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: a drawing that never changes.
          key={index}
          className={classes.caller}
          x={index * STEP + 2}
          width={6}
          rx={3}
          y={56 - height / 2}
          height={Math.max(6, height / 2)}
        />
      ))}
      {AGENT.map((height, index) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: a drawing that never changes.
          key={index}
          className={classes.agent}
          x={index * STEP + 2}
          width={6}
          rx={3}
          y={64}
          height={Math.max(6, height / 2)}
        />
      ))}
    </svg>
  );
}
