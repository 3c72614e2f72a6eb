import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { useState } from "react";
import { afterEach, expect, it } from "vitest";
import { Dialog } from "./Dialog";

afterEach(cleanup);

/** `mounted`: the dialog is always there, open or not; otherwise only while it is open. */
function Page({ mounted }: { mounted: boolean }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button onClick={() => setOpen(true)}>Open</button>
      <button>Elsewhere</button>
      {(mounted || open) && (
        <Dialog open={open} onOpenChange={setOpen} title="Title">
          <input aria-label="Field" autoFocus />
        </Dialog>
      )}
    </>
  );
}

const button = (name: string) => screen.getByRole("button", { name });
const hasFocus = (element: () => Element) => waitFor(() => expect(document.activeElement).toBe(element()));

async function open(mounted: boolean) {
  render(<Page mounted={mounted} />);
  button("Open").focus();
  fireEvent.click(button("Open"));
  await hasFocus(() => screen.getByLabelText("Field"));
}

it.each([true, false])("gives the focus back to what had it (mounted while closed: %s)", async (mounted) => {
  await open(mounted);
  fireEvent.click(button("Close"));
  await hasFocus(() => button("Open"));
});

it("leaves the focus where it was put as it closed", async () => {
  await open(false);
  fireEvent.click(button("Close"));
  const elsewhere = button("Elsewhere");
  elsewhere.focus();
  await act(() => new Promise((resolve) => setTimeout(resolve, 20)));
  expect(document.activeElement).toBe(elsewhere);
});
