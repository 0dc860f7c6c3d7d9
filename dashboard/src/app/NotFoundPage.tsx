import { Button } from "@mantine/core";
import { Link } from "react-router";

import { Message } from "./Message";

export function NotFoundPage() {
  return (
    <Message title="There is no such page">
      <p>The address may be mistyped, or the link that led here is out of date.</p>
      <Button component={Link} to="/calls">
        Go to the calls
      </Button>
    </Message>
  );
}
