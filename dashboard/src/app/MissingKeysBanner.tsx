import { Code } from "@mantine/core";

import type { ProviderState } from "@/api/types";
import { Note } from "@/components/ui/Note";

/** Says which settings still need a value before a call can be placed, and where to write them. */
export function MissingKeysBanner({ providers }: { providers: ProviderState[] }) {
  const lacking = providers.filter((provider) => provider.missing.length > 0 || provider.mode === "missing");
  return (
    <Note tone="wait" title="No calls can be placed yet">
      {lacking.map((provider) => (
        <p key={provider.name}>
          {provider.summary}{" "}
          {provider.missing.length > 0 && (
            <>
              Set{" "}
              {provider.missing.map((name, index) => (
                <span key={name}>
                  {index > 0 && (index === provider.missing.length - 1 ? " and " : ", ")}
                  <Code>{name}</Code>
                </span>
              ))}{" "}
              in <Code>.env.local</Code>.
            </>
          )}
        </p>
      ))}
      <p>Then restart AIVoiceCaller. Without any key it runs in the sandbox, where every call works.</p>
    </Note>
  );
}
