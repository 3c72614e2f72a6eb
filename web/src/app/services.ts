import { QueryClient } from "@tanstack/react-query";
import { createApi, Problem } from "@/api/client";
import { createLive } from "@/api/connection";
import { followLive } from "@/api/follow";
import type { Config } from "@/lib/config";
import { createCognitoSession } from "@/session/cognito";
import { createEnding } from "./ending";

/** Everything the app is made of, once a tab. */
export function createServices(config: Config) {
  const session = createCognitoSession(config);
  const api = createApi(config.apiUrl, session);
  const live = createLive(config.webSocketUrl, session);
  const queries = new QueryClient({
    defaultOptions: {
      queries: {
        // Whether a browser calls itself offline says nothing of a stack on the same machine: ask, and see.
        networkMode: "always",
        refetchOnReconnect: true,
        staleTime: 30_000,
        retry: (count, error) => count < 3 && !(error instanceof Problem && error.status >= 400 && error.status < 500),
      },
    },
  });
  followLive(live, queries, api);
  // What one person saw is not there for the next.
  let who: string | undefined;
  session.subscribe(() => {
    const state = session.state();
    const now = state.status === "in" ? state.email : undefined;
    if (who !== undefined && now !== who) queries.clear();
    who = now;
  });
  return { session, api, live, queries, ending: createEnding(session) };
}
