import { Button, Code, Group } from "@mantine/core";
import { useRouteError } from "react-router";

import { problemOf } from "@/api/problem";
import { Message } from "./Message";

/** Stands in for a page that failed: what is wrong, and what to do. Calls go on meanwhile; they live in the server. */
export function ErrorPage() {
  const problem = problemOf(useRouteError());
  const ours = problem.type === "about:blank" && problem.status === 0;
  return (
    <Message title={problem.title}>
      <p>{ours ? "Reload the page. Live calls are not affected: they run in the server." : problem.detail}</p>
      {ours && (
        <p>
          If it happens again, report it with these words: <Code>{problem.detail}</Code>
        </p>
      )}
      <Group>
        <Button onClick={() => window.location.reload()}>Reload the page</Button>
        <Button component="a" href="/calls" variant="default">
          Go to the calls
        </Button>
      </Group>
    </Message>
  );
}
