import { Select, type SelectProps, Text } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";

import { problemOf } from "@/api/problem";
import type { Agent } from "@/api/types";

interface AgentSelectProps {
  agents: UseQueryResult<{ agents: Agent[] }>;
  value: string | null;
  onChange: (id: string | null) => void;
  fault: string | undefined;
}

/** From this many on, finding by typing is quicker than by looking. */
const SEARCHABLE_FROM = 8;

export function AgentSelect({ agents, value, onChange, fault }: AgentSelectProps) {
  const known = agents.data?.agents ?? [];
  const option: NonNullable<SelectProps["renderOption"]> = ({ option: { value: id, label } }) => (
    <div>
      {label}
      <Text size="xs" c="dimmed">
        {known.find((agent) => agent.id === id)?.description}
      </Text>
    </div>
  );
  return (
    <Select
      label="Agent"
      size="md"
      placeholder={agents.isPending ? "Loading…" : "No agent exists yet"}
      data={known.map(({ id, name }) => ({ value: id, label: name }))}
      value={value}
      onChange={onChange}
      allowDeselect={false}
      searchable={known.length >= SEARCHABLE_FROM}
      renderOption={option}
      disabled={known.length === 0}
      error={fault ?? (agents.isError ? problemOf(agents.error).detail : undefined)}
    />
  );
}
