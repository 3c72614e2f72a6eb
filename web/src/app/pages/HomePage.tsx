import { lazy } from "react";
import { Boundary } from "@/components/Boundary";
import { part, slot } from "../slots";

/** The library, and above it the place to upload songs and to record. */
export const HomePage = lazy(async () => {
  const [Library, Header, Takes] = await Promise.all([
    slot("library"),
    slot("libraryHeader"),
    part(slot("libraryTakes")),
  ]);
  const header = (
    <>
      {Header && <Header />}
      {Takes && (
        <Boundary>
          <Takes />
        </Boundary>
      )}
    </>
  );
  return { default: () => (Library ? <Library header={header} /> : header) };
});
