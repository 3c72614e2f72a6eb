import { QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useSyncExternalStore } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { ServicesContext } from "@/api/context";
import { Boundary } from "@/components/Boundary";
import { toast, Toasts } from "@/components/Toasts";
import type { Config } from "@/lib/config";
import type { Session } from "@/session/session";
import { SessionContext } from "@/session/context";
import { PageSkeleton } from "./PageSkeleton";
import { HomePage } from "./pages/HomePage";
import { SignedOutPage } from "./pages/SignedOutPage";
import { SongPage } from "./pages/SongPage";
import { createServices } from "./services";
import { Shell } from "./Shell";
import { FEATURES } from "./slots";

const PAGES = FEATURES.flatMap(({ pages = {} }) => Object.entries(pages)).map(([path, load]) => ({
  path,
  Page: lazy(load),
}));

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
  const [place] = useLocation();
  const who = state.status === "in" ? state.email : undefined;
  useEffect(() => {
    // Another person needs another connection.
    if (!services) return;
    const { live, ending } = services;
    if (who === undefined) return ending.left();
    live.open();
    // What cannot be loaded now is loaded later by the page that needs it.
    for (const feature of FEATURES) feature.onSignedIn?.(who, services).catch(() => undefined);
    return () => live.close();
  }, [who]);
  const refusal = state.status === "in" ? state.reason : undefined;
  useEffect(() => {
    if (refusal) toast(refusal, { tone: "error" });
  }, [refusal]);
  if (state.status === "loading") return <PageSkeleton />;
  if (state.status === "out") return <SignedOutPage reason={state.reason} local={local} />;
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
                {PAGES.map(({ path, Page }) => (
                  <Route key={path} path={path}>
                    <Page onAccountDeleted={(email) => services?.ending.deleted(email)} />
                  </Route>
                ))}
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
