import { Component, type ReactNode } from "react";
import { Button } from "./Button";
import css from "./Boundary.module.css";
import { Notice } from "./Notice";

interface Props {
  children: ReactNode;
  /** What it holds: a part of a page, a page within its frame, or all there is in the window. */
  of?: "part" | "page" | "window";
  /** The way on without this part, where there is one. */
  onClose?(): void;
}

/** Where what is in it cannot be loaded or drawn, it says so, and what is around it goes on. React has no hook for this. */
export class Boundary extends Component<Props, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    const { children, of = "part", onClose } = this.props;
    if (!this.state.broken) return children;
    // A browser may remember that a file did not come, and after an update its name is another: only a reload helps.
    const Box = of === "window" ? "main" : "div";
    return (
      <Box className={css.broken}>
        <Notice
          tone="error"
          action={
            <span className={css.actions}>
              {onClose && (
                <Button kind="quiet" onClick={onClose}>
                  Close
                </Button>
              )}
              <Button onClick={() => location.reload()}>Reload</Button>
            </span>
          }
        >
          {of === "part" ? "This part could not be loaded." : <h1>This page could not be loaded.</h1>}
        </Notice>
      </Box>
    );
  }
}
