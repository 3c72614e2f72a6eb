import { onlineManager, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Problem } from "@/api/client";
import { createServices } from "./services";

const CONFIG = { apiUrl: "/api", webSocketUrl: "ws://localhost", region: "x", userPoolId: "x", userPoolClientId: "x" };

let queries: ReturnType<typeof createServices>["queries"];
beforeEach(() => {
  ({ queries } = createServices(CONFIG));
  queries.mount(); // as QueryClientProvider does: only then `offline` is heard
});
afterEach(() => {
  queries.unmount();
  onlineManager.setOnline(true);
});

it("asks although the browser says that it is offline: the stack may be on this very machine", async () => {
  dispatchEvent(new Event("offline"));
  expect(onlineManager.isOnline()).toBe(false);
  const shown = new QueryObserver(queries, { queryKey: ["song", "a"], queryFn: async () => "a song" });
  const stop = shown.subscribe(() => undefined);
  await vi.waitFor(() => expect(shown.getCurrentResult().data).toBe("a song"));
  stop();
});

it("asks again for what failed once the network is back", async () => {
  let away = true;
  const shown = new QueryObserver(queries, {
    queryKey: ["song", "b"],
    queryFn: async () => {
      if (away) throw new Problem(400, "x", "Not now.");
      return "a song";
    },
  });
  const stop = shown.subscribe(() => undefined);
  dispatchEvent(new Event("offline"));
  await vi.waitFor(() => expect(shown.getCurrentResult().isError).toBe(true));
  away = false;
  dispatchEvent(new Event("online"));
  await vi.waitFor(() => expect(shown.getCurrentResult().data).toBe("a song"));
  stop();
});
