import { Notice } from "@/components/Notice";

/** Shown where no feature fills a slot that a page needs. */
export function Absent() {
  return (
    <main>
      <Notice>This part of the app is not installed.</Notice>
    </main>
  );
}
