import { lazy } from "react";
import { slot } from "../slots";

/** The library, and above it the place to upload songs. */
export const HomePage = lazy(async () => {
  const [Library, Header] = await Promise.all([slot("library"), slot("libraryHeader")]);
  const header = Header && <Header />;
  return { default: () => (Library ? <Library header={header} /> : header) };
});
