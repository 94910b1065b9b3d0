// Signing in: everything that people do carries their name.

import { type FormEvent, useState } from 'react';
import { useLocation, useSearch } from 'wouter';
import { Failure, failureOf, send, useForgetMe, useMe } from './ask.ts';
import { begin } from './live.ts';
import { Said } from './said.tsx';
import { useTitle } from './title.ts';

/** The page `/signin`; `?back=` is where to go then. */
export default function SignIn() {
  useTitle('Sign in');
  const me = useMe();
  const forget = useForgetMe();
  const [, navigate] = useLocation();
  const back = placeHere(new URLSearchParams(useSearch()).get('back'));
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [state, setState] = useState<'idle' | 'sending' | Failure>('idle');
  const enter = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setState('sending');
    try {
      await send('/api/v1/sign-in', { name, password }, me);
      begin();
      await forget();
      navigate(back);
    } catch (error) {
      setState(failureOf(error));
    }
  };
  return (
    <section aria-labelledby="signin" className="panel mx-auto mt-6 grid w-full max-w-md gap-4">
      <h1 id="signin">Sign in</h1>
      {me?.signIn.password === false ? (
        <p>
          There are no users yet. On a host of the system:{' '}
          <code className="font-mono">standfast user add NAME --role operate</code>
        </p>
      ) : (
        <form className="grid gap-4" onSubmit={(event) => void enter(event)}>
          <label className="grid gap-1 text-sm">
            Name
            <input
              className="field"
              name="username"
              autoComplete="username"
              required
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          </label>
          <label className="grid gap-1 text-sm">
            Password
            <input
              className="field"
              name="password"
              type="password"
              autoComplete="current-password"
              required
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          </label>
          {state instanceof Failure ? (
            <p role="alert">
              <strong className="text-bad">Not signed in:</strong> <Said text={`${state.message}. ${state.next}`} />
            </p>
          ) : null}
          <button type="submit" className="button button-strong justify-center" disabled={state === 'sending'}>
            {state === 'sending' ? 'Signing in…' : 'Sign in'}
          </button>
        </form>
      )}
      {me?.signIn.provider === null || me === undefined ? null : (
        <a className="button justify-center" href={`/auth/provider?back=${encodeURIComponent(back)}`}>
          Sign in with {me.signIn.provider}
        </a>
      )}
    </section>
  );
}

/** Only an address of this console: a link must not send people elsewhere after they signed in. */
function placeHere(back: string | null): string {
  return back !== null && /^\/(?![/\\])/.test(back) ? back : '/';
}
