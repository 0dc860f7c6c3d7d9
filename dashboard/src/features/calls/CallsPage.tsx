import { useDocumentTitle } from "@mantine/hooks";

import { PageHead } from "@/components/ui/PageHead";
import { History } from "./History";
import { LiveCalls } from "./LiveCalls";
import { StartCall } from "./StartCall";

export function CallsPage() {
  useDocumentTitle("Calls · AIVoiceCaller");
  return (
    <>
      <PageHead title="Calls">Start one, follow those that are live, look back at those that ended.</PageHead>
      <StartCall />
      <LiveCalls />
      <History />
    </>
  );
}
