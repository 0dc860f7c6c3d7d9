import mark from "./mark.svg";
import classes from "./Wordmark.module.css";

/** The product's name beside its mark: two voices, one call. */
export function Wordmark() {
  return (
    <span className={classes.wordmark}>
      <img src={mark} width={28} height={28} alt="" />
      AIVoiceCaller
    </span>
  );
}
