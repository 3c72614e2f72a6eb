import { QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useSyncExternalStore } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { ServicesContext } from "@/api/context";
import { Boundary } from "@/components/Boundary";
import { toast, Toasts } from "@/components/Toasts";
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

/** What a reload or a crash has interrupted goes on, whichever page is open. */
async function resumeUploads(email: string, { session, api, queries }: NonNullable<typeof services>) {
  const { queueOf } = await import("@/features/uploads/useUploads");
  const state = session.state();
  if (state.status === "in" && state.email === email) await queueOf(email, session, api, queries);
}

function Pages({ session, local }: { session: Session; local: boolean }) {
  const state = useSyncExternalStore(
    (listener) => session.subscribe(listener),
    () => session.state(),
  );
  const [place] = useLocation();
  const who = state.status === "in" ? state.email : undefined;
  useEffect(() => {
    // Another person needs another connection.
    if (!services) return;
    const { live, ending } = services;
    if (who === undefined) return ending.left();
    live.open();
    // Where it cannot be loaded, the library loads it later.
    resumeUploads(who, services).catch(() => undefined);
    return () => live.close();
  }, [who]);
  const refusal = state.status === "in" ? state.reason : undefined;
  useEffect(() => {
    if (refusal) toast(refusal, { tone: "error" });
  }, [refusal]);
  if (state.status === "loading") return <PageSkeleton />;
  if (state.status === "out") return <SessionPages reason={state.reason} local={local} />;
  return (
    <Switch>
      <Route path="/songs/:songId/:view?">
        {(params) => (
          <Boundary key={params.songId} of="window">
            <SongPage songId={params.songId} singing={params.view === "sing"} />
          </Boundary>
        )}
      </Route>
      <Route>
        <Shell email={state.email}>
          {/* A page that is broken does not keep one from another. */}
          <Boundary key={place} of="page">
            <Suspense fallback={<PageSkeleton />}>
              <Switch>
                <Route path="/" component={HomePage} />
                <Route path="/account">
                  <AccountPage onDeleted={(email) => services?.ending.deleted(email)} />
                </Route>
                <Route>
                  <Redirect to="/" replace />
                </Route>
              </Switch>
            </Suspense>
          </Boundary>
        </Shell>
      </Route>
    </Switch>
  );
}
