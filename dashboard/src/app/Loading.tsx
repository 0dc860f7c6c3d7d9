import { Center, Loader } from "@mantine/core";

export function Loading() {
  return (
    <Center mih="60dvh">
      <Loader aria-label="Loading" role="status" />
    </Center>
  );
}
