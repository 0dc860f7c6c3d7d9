import { UnstyledButton } from "@mantine/core";
import { useId } from "react";

import type { Person } from "@/api/types";
import { SANDBOX_MEANS } from "@/components/ui/SandboxTag";
import { readableNumber } from "@/lib/phone";
import classes from "./People.module.css";

interface PeopleProps {
  people: Person[];
  /** The number in the form now, E.164. */
  chosen: string | undefined;
  onChoose: (number: string) => void;
}

/** The sandbox's people; a click puts a person's number into the form. */
export function People({ people, chosen, onChoose }: PeopleProps) {
  const id = useId();
  return (
    <div>
      <h3 id={id} className={classes.title}>
        People in the sandbox
      </h3>
      <p className={classes.means}>{SANDBOX_MEANS} Pick somebody to call.</p>
      <ul className={classes.people} aria-labelledby={id}>
        {people.map(({ number, name, description }) => (
          <li key={number}>
            <UnstyledButton
              className={classes.person}
              aria-pressed={number === chosen}
              onClick={() => onChoose(readableNumber(number))}
            >
              <span className={classes.name}>{name}</span>
              <span className={classes.description}>{description}</span>
              <span className={classes.number}>{readableNumber(number)}</span>
            </UnstyledButton>
          </li>
        ))}
      </ul>
    </div>
  );
}
