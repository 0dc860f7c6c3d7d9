import { Button, Code, PasswordInput } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Navigate, useSearchParams } from "react-router";

import { logIn, loginQuery } from "@/api/login";
import { problemOf } from "@/api/problem";
import { ProblemAlert } from "@/components/ui/ProblemAlert";
import { Wordmark } from "@/components/ui/Wordmark";
import classes from "./LoginPage.module.css";
import { TwoVoices } from "./TwoVoices";

export function LoginPage() {
  useDocumentTitle("Log in · AIVoiceCaller");
  const login = useQuery(loginQuery);
  const [search] = useSearchParams();
  if (login.data) return <Navigate to={ownPage(search.get("next"))} replace />;
  return (
    <main className={classes.page}>
      <div className={classes.picture}>
        <Wordmark />
        <TwoVoices />
        <p>Your agents on the phone, in your own house.</p>
      </div>
      <div className={classes.door}>
        <LoginForm />
      </div>
    </main>
  );
}

function LoginForm() {
  const client = useQueryClient();
  const [password, setPassword] = useState("");
  const [empty, setEmpty] = useState(false);
  const enter = useMutation({
    mutationFn: logIn,
    onSuccess: (login) => client.setQueryData(loginQuery.queryKey, login),
  });
  const problem = enter.error && problemOf(enter.error);
  // A wrong password is said at the field, all else (too many tries, no server) above the button.
  const wrong = problem?.at("password") ?? (problem?.status === 401 ? problem.detail : undefined);
  const fault = empty ? "Enter the password." : wrong;

  function submit(event: FormEvent) {
    event.preventDefault();
    setEmpty(password === "");
    if (password !== "") enter.mutate(password);
  }

  return (
    <form onSubmit={submit} className={classes.form} noValidate>
      <h1>Log in</h1>
      <p className={classes.how}>
        Open the address that the terminal printed when AIVoiceCaller started: it logs you in. Or enter the password set
        as <Code>ADMIN_PASSWORD</Code>.
      </p>
      <PasswordInput
        label="Password"
        name="password"
        autoComplete="current-password"
        size="md"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        error={fault}
        // Mantine marks the frame around the field only.
        aria-invalid={fault !== undefined}
      />
      {problem && wrong === undefined && <ProblemAlert error={problem} />}
      <Button type="submit" size="md" fullWidth loading={enter.isPending}>
        Log in
      </Button>
    </form>
  );
}

/** Where to go after the log-in: only ever a page of ours, whatever the address says. */
function ownPage(next: string | null): string {
  return next?.startsWith("/") && !next.startsWith("//") && !next.includes("\\") ? next : "/calls";
}
