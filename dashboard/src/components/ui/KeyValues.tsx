import { asText, nameAndUnit } from "@/lib/words";
import classes from "./KeyValues.module.css";

/** The fields of a JSON object, one a line, in words. */
export function KeyValues({ values }: { values: Record<string, unknown> }) {
  return (
    <dl className={classes.list}>
      {Object.entries(values).map(([key, value]) => {
        const [name, unit] = nameAndUnit(key);
        return (
          <div key={key} className={classes.pair}>
            <dt>{name}</dt>
            <dd>
              {asText(value)}
              {typeof value === "number" && unit}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
