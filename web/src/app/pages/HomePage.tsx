import { LibraryView } from "@/features/library/LibraryView";
import { UploadPanel } from "@/features/uploads/UploadPanel";

/** The library, and above it the place to bring songs to. */
export default function HomePage() {
  return <LibraryView header={<UploadPanel />} />;
}
