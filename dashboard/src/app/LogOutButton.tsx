import { ActionIcon, Tooltip } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";

import { loginQuery, logOut } from "@/api/login";
import { LogOutIcon } from "@/components/ui/icons";

export function LogOutButton() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const leave = useMutation({
    mutationFn: logOut,
    onSuccess: async () => {
      await navigate("/login");
      // Nothing of what was seen stays in this tab for whoever logs in next.
      client.clear();
      client.setQueryData(loginQuery.queryKey, null);
    },
  });
  return (
    <Tooltip label={leave.isError ? "Logging out failed. Try again." : "Log out"}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        c="var(--c-ink-soft)"
        aria-label="Log out"
        loading={leave.isPending}
        onClick={() => leave.mutate()}
      >
        <LogOutIcon />
      </ActionIcon>
    </Tooltip>
  );
}
