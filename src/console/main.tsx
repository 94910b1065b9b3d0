// The console's pages: one look tells whether it stands.

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './console.css';
import { useLive } from './live.ts';

function First() {
  const live = useLive();
  if (live.kind === 'waiting') return <p role="status">Asking the agent…</p>;
  const { status } = live;
  return (
    <main className="p-6 text-lg">
      <h1 className="text-2xl font-semibold">{status.system}</h1>
      <p role="status">{status.sentence}</p>
      {live.connected ? null : <p>This page hears nothing from its server: what it shows is old.</p>}
      {status.source.agent === 'silent' ? <p>{status.source.why}</p> : null}
    </main>
  );
}

const page = document.getElementById('page');
if (page !== null)
  createRoot(page).render(
    <StrictMode>
      <First />
    </StrictMode>,
  );
