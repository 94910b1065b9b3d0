// The console's pages: one look tells whether it stands. The first look comes at once; the others when they are opened.

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { lazy, StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { Route, Switch } from 'wouter';
import { Failure } from './ask.ts';
import './console.css';
import { First } from './first.tsx';
import { follow, present } from './live.ts';
import { Shell } from './shell.tsx';

const Service = lazy(() => import('./service.tsx'));
const Hosts = lazy(() => import('./hosts.tsx'));
const Host = lazy(() => import('./host.tsx'));
const Incidents = lazy(() => import('./incidents.tsx'));
const Incident = lazy(() => import('./incident.tsx'));
const Runbooks = lazy(() => import('./runbooks.tsx'));
const Runbook = lazy(() => import('./runbook.tsx'));
const Run = lazy(() => import('./run.tsx'));
const Assessment = lazy(() => import('./assessment.tsx'));
const Journal = lazy(() => import('./journal.tsx'));
const SignIn = lazy(() => import('./signin.tsx'));
const Help = lazy(() => import('./help.tsx'));

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // What the server refuses it refuses again; what did not answer may.
      retry: (count, error) => !(error instanceof Failure && error.status !== 0) && count < 3,
      retryDelay: 1_000,
      refetchOnWindowFocus: true,
      staleTime: 1_000,
    },
  },
});

/** Many pages may look on: what is not in the live status is asked for again this often at most. */
const againMs = 3_000;
let asked: number | null = null;
let shown = present();
follow(() => {
  const status = present();
  if (status === shown || asked !== null) return;
  shown = status;
  asked = window.setTimeout(() => {
    asked = null;
    if (document.visibilityState === 'visible') void client.invalidateQueries({ queryKey: ['live'] });
  }, againMs);
});

function Pages() {
  return (
    <Suspense fallback={<p role="status">Loading the page…</p>}>
      <Switch>
        <Route path="/" component={First} />
        <Route path="/service/:name">{({ name }) => <Service key={name} name={plain(name)} />}</Route>
        <Route path="/hosts" component={Hosts} />
        <Route path="/host/:name">{({ name }) => <Host key={name} name={plain(name)} />}</Route>
        <Route path="/incidents" component={Incidents} />
        <Route path="/incident/:id">{({ id }) => <Incident key={id} id={plain(id)} />}</Route>
        <Route path="/runbooks" component={Runbooks} />
        <Route path="/runbook/run/:id">{({ id }) => <Run key={id} id={plain(id)} />}</Route>
        <Route path="/runbook/*">{({ '*': name }) => <Runbook key={name} name={plain(name)} />}</Route>
        <Route path="/assessment" component={Assessment} />
        <Route path="/journal" component={Journal} />
        <Route path="/signin" component={SignIn} />
        <Route path="/help" component={Help} />
        <Route>
          <h1>There is no such page</h1>
          <p>
            <a href="/">To the overview</a>
          </p>
        </Route>
      </Switch>
    </Suspense>
  );
}

/** As it was before it became part of an address. */
function plain(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

const page = document.getElementById('page');
if (page !== null)
  createRoot(page).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <Shell>
          <Pages />
        </Shell>
      </QueryClientProvider>
    </StrictMode>,
  );
