import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "@/app/App";
import { Boundary } from "@/components/Boundary";
import { loadConfig } from "@/lib/config";
import { trustOwnWorkers } from "@/lib/trusted";
import "@/components/tokens.css";
import { applyTheme, followTheme } from "@/app/theme";

trustOwnWorkers();
applyTheme();
followTheme(() => undefined);

const root = createRoot(document.getElementById("root") as HTMLElement);

loadConfig().then(
  (config) =>
    root.render(
      <StrictMode>
        <Boundary of="window">
          <App config={config} />
        </Boundary>
      </StrictMode>,
    ),
  (error: unknown) =>
    root.render(
      <main className="boot-error">
        <h1>Unplugd cannot start</h1>
        <p>{error instanceof Error ? error.message : String(error)}</p>
      </main>,
    ),
);
