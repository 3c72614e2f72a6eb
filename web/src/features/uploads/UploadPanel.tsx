import { Plus } from "lucide-react";
import { Button } from "@/components/Button";

/** The place to bring songs to. */
export function UploadPanel() {
  return (
    <section aria-label="Add songs">
      <Button kind="primary">
        <Plus size={20} aria-hidden="true" /> Add songs
      </Button>
    </section>
  );
}
