import { QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useSyncExternalStore } from "react";
import { Redirect, Route, Switch } from "wouter";
import { ServicesContext } from "@/api/context";
import { Toasts } from "@/components/Toasts";
import type { Config } from "@/lib/config";
import type { Session } from "@/session/session";
import { SessionContext } from "@/session/context";
import { createServices } from "./services";
import { Shell } from "./Shell";
import { PageSkeleton } from "./PageSkeleton";

const SessionPages = lazy(() => import("@/features/session/SessionPages"));
const HomePage = lazy(() => import("./pages/HomePage"));
const SongPage = lazy(() => import("./pages/SongPage"));
const AccountPage = lazy(() => import("@/features/account/AccountPage"));

let services: ReturnType<typeof createServices> | undefined;

export function App({ config }: { config: Config }) {
  services ??= createServices(config);
  const { session, api, live, queries } = services;
  return (
    <SessionContext value={session}>
      <ServicesContext value={{ api, live }}>
        <QueryClientProvider client={queries}>
          <Suspense fallback={<PageSkeleton />}>
            <Pages session={session} local={config.local === true} />
          </Suspense>
          <Toasts />
        </QueryClientProvider>
      </ServicesContext>
    </SessionContext>
  );
}

function Pages({ session, local }: { session: Session; local: boolean }) {
  const state = useSyncExternalStore(
    (listener) => session.subscribe(listener),
    () => session.state(),
  );
  const who = state.status === "in" ? state.email : undefined;
  useEffect(() => {
    // Another person needs another connection.
    if (who === undefined) return;
    services?.live.open();
    return () => services?.live.close();
  }, [who]);
  if (state.status === "loading") return <PageSkeleton />;
  if (state.status === "out") return <SessionPages reason={state.reason} local={local} />;
  return (
    <Switch>
      <Route path="/songs/:songId/:view?">
        {(params) => <SongPage key={params.songId} songId={params.songId} singing={params.view === "sing"} />}
      </Route>
      <Route>
        <Shell email={state.email}>
          <Suspense fallback={<PageSkeleton />}>
            <Switch>
              <Route path="/" component={HomePage} />
              <Route path="/account" component={AccountPage} />
              <Route>
                <Redirect to="/" replace />
              </Route>
            </Switch>
          </Suspense>
        </Shell>
      </Route>
    </Switch>
  );
}
