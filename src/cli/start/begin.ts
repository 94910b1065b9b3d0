// Starts what is missing of a system on this machine: the description into an empty store, a keeper for every host. The keepers start
// the agents.

import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { SystemLayout } from '../../layout.ts';
import { errorWords } from '../../model/error-words.ts';
import type { Context } from '../context.ts';
import { Failure } from '../failure.ts';
import type { DescriptionStore, StoredDescription } from '../world.ts';
import { makeFolders } from './folders.ts';
import { presences } from './keepers.ts';

/** Until then forming an etcd is nothing to speak of. */
const sayAfterMs = 5000;
const againMs = 100;

/**
 * Puts the description into the store if there is none; answers with the one in force. With `waiting`, a store that does not answer yet is
 * waited for: it is being formed.
 */
export async function putDescription(
  context: Context,
  layout: SystemLayout,
  given: StoredDescription,
  waiting: { readonly untilMs: number } | null,
): Promise<{ readonly inForce: StoredDescription; readonly written: boolean }> {
  for (;;) {
    const store =
      waiting === null ? await openStore(context, layout) : await openForming(context, layout, waiting.untilMs);
    try {
      const written = await store.describe(given);
      return { inForce: (await store.description()) ?? given, written };
    } catch (error) {
      // One that was just formed, on machines that are busy with starting, may yet be slow.
      if (waiting === null || context.now() >= waiting.untilMs) throw storeFailure(context, layout, error);
    } finally {
      await store.close();
    }
    await pause(againMs);
  }
}

/** Tries until it answers. A person hears once what is waited for. */
async function openForming(context: Context, layout: SystemLayout, untilMs: number): Promise<DescriptionStore> {
  const said = setTimeout(() => {
    context.terminal.print(
      'Waiting for the managed etcd: it is formed when all hosts that have a member of it are up.',
    );
  }, sayAfterMs);
  try {
    for (;;) {
      try {
        return await context.world.openStore(layout.storeFile, true);
      } catch (error) {
        if (context.now() >= untilMs) throw formingFailure(context, layout, error);
      }
    }
  } finally {
    clearTimeout(said);
  }
}

function formingFailure(context: Context, layout: SystemLayout, error: unknown): Failure {
  return new Failure({
    code: 'SF-312',
    what: 'the managed etcd does not answer yet',
    why: errorWords(error),
    next: `It is formed when all its hosts are up for the first time: run up on the others too, then here again. What each waits for stands in its agent's log, below ${layout.folder}; ${context.command('doctor')} looks.`,
    exit: 3,
  });
}

/** Starts a keeper where none answers. */
export async function startKeepers(
  context: Context,
  of: { readonly system: string; readonly layout: SystemLayout; readonly hosts: readonly string[] },
): Promise<readonly string[]> {
  await makeFolders(context.state, of.layout, of.hosts, context.world.uid);
  const missing = (await presences(of.layout, of.hosts)).filter((each) => !each.keeper).map((each) => each.host);
  const tried = await Promise.allSettled(
    missing.map((host) => context.world.startKeeper({ state: context.state, system: of.system, host })),
  );
  const failed = tried.findIndex((each) => each.status === 'rejected');
  const result = tried[failed];
  if (result?.status === 'rejected') {
    const host = missing[failed] ?? '';
    const reason: unknown = result.reason;
    throw new Failure({
      code: 'SF-308',
      what: `the keeper of host ${host} did not start`,
      why: errorWords(reason),
      next: `Its log: ${of.layout.host(host).keeperLog}. What is wrong: ${context.command('doctor')}`,
      exit: 3,
    });
  }
  return missing;
}

async function openStore(context: Context, layout: SystemLayout): Promise<DescriptionStore> {
  try {
    return await context.world.openStore(layout.storeFile, true);
  } catch (error) {
    throw storeFailure(context, layout, error);
  }
}

function storeFailure(context: Context, layout: SystemLayout, error: unknown): Failure {
  const why = errorWords(error);
  if (existsSync(layout.storePlaceFile))
    return new Failure({
      code: 'SF-303',
      what: "the store in etcd can't be used",
      why,
      next: `Does it run, and may this machine reach it? ${context.command('doctor')} asks each of its members.`,
      exit: 3,
    });
  return new Failure({
    code: 'SF-303',
    what: `the store ${layout.storeFile} can't be used`,
    why,
    next: `Is the disk full, or mounted read-only? ${context.command('doctor')} looks.`,
    exit: 3,
  });
}
