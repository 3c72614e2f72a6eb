import { useQuery } from "@tanstack/react-query";
import { useApi } from "@/api/context";
import { practiceCalls, practiceKeys } from "@/api/practice";
import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { Skeleton } from "@/components/Progress";
import { Frame } from "./Frame";
import { SettingsForm } from "./SettingsForm";
import { Sheet } from "./Sheet";

/** How a person practises, and their answers as a file. */
export default function SettingsPage() {
  const api = useApi();
  const {
    data: settings,
    error,
    refetch,
  } = useQuery({
    queryKey: practiceKeys.settings,
    queryFn: () => practiceCalls.settings(api),
  });
  return (
    <Frame title="Practice settings" back="/practice">
      {error && (
        <Notice tone="error" action={<Button onClick={() => void refetch()}>Try again</Button>}>
          {error.message}
        </Notice>
      )}
      {!settings && !error && <Skeleton height="16rem" />}
      {settings && <SettingsForm settings={settings} />}
      <Sheet />
    </Frame>
  );
}
