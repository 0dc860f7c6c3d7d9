import { Anchor, Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Link, useNavigate } from "react-router";

import { agentsQuery } from "@/api/agents";
import { problemOf } from "@/api/problem";
import { statusQuery } from "@/api/status";
import type { NewCall } from "@/api/types";
import { Card } from "@/components/ui/Card";
import { PhoneIcon } from "@/components/ui/icons";
import { ProblemAlert } from "@/components/ui/ProblemAlert";
import { understandNumber } from "@/lib/phone";
import { AgentSelect } from "./AgentSelect";
import { CHANGES } from "./changes";
import { make } from "./live";
import { NumberField } from "./NumberField";
import { People } from "./People";
import { callKeys, startCall } from "./queries";
import classes from "./StartCall.module.css";

/** The faults that have a field to be shown at. */
const NUMBER_FIELDS = ["to", "country"];
const FIELDS = [...NUMBER_FIELDS, "agent"];

export function StartCall() {
  const status = useQuery(statusQuery).data;
  const agents = useQuery(agentsQuery);
  const start = useStart();
  const [agent, setAgent] = useState<string | null>(null);
  const [country, setCountry] = useState<string | null>(null);
  const [typed, setTyped] = useState("");
  const [empty, setEmpty] = useState(false);

  const chosenAgent = agent ?? agents.data?.agents[0]?.id ?? null;
  const chosenCountry = country ?? status?.default_country ?? "US";
  const understood = understandNumber(typed, chosenCountry);
  const problem = start.error && problemOf(start.error);
  const elsewhere = problem && !problem.errors.some(({ field }) => FIELDS.includes(field));

  function type(number: string) {
    setTyped(number);
    setEmpty(false);
    // What was said of the last number does not hold for this one.
    start.reset();
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    const to = understood?.to ?? typed.trim();
    setEmpty(to === "");
    if (to === "" || chosenAgent === null) return;
    start.mutate({
      agent: chosenAgent,
      to,
      country: to.startsWith("+") ? null : chosenCountry,
      variables: {},
    });
  }

  return (
    <Card title="Start a call">
      <form onSubmit={submit} noValidate className={classes.form}>
        <AgentSelect agents={agents} value={chosenAgent} onChange={setAgent} fault={problem?.at("agent")} />
        <NumberField
          typed={typed}
          onType={type}
          country={chosenCountry}
          onCountry={setCountry}
          understood={understood}
          fault={
            empty
              ? "Enter the number to ring."
              : NUMBER_FIELDS.map((field) => problem?.at(field)).find((words) => words !== undefined)
          }
        />
        <Button
          type="submit"
          size="md"
          className={classes.start}
          leftSection={<PhoneIcon />}
          loading={start.isPending}
          disabled={status?.can_call === false || chosenAgent === null}
        >
          Start call
        </Button>
      </form>
      {elsewhere && (
        <ProblemAlert error={problem}>
          {problem.callId !== null && (
            <>
              {" "}
              <Anchor component={Link} to={`/calls/${problem.callId}`} inherit>
                See its record
              </Anchor>
            </>
          )}
        </ProblemAlert>
      )}
      {status && status.people.length > 0 && <People people={status.people} chosen={understood?.to} onChoose={type} />}
    </Card>
  );
}

/** Start a call and go to its page, which shows it from the first moment. */
function useStart() {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (call: NewCall) => startCall(call),
    onSuccess: (call) => {
      client.setQueryData(callKeys.detail(call.id), call);
      make(client, CHANGES["call.updated"]({ call }));
      return navigate(`/calls/${call.id}`);
    },
  });
}
