// Starts what is missing of a system on this machine: the description into an empty store, a keeper for every host. The keepers start
// the agents.

import type { SystemLayout } from '../../layout.ts';
import type { Context } from '../context.ts';
import { Failure } from '../failure.ts';
import type { DescriptionStore, StoredDescription } from '../world.ts';
import { makeFolders } from './folders.ts';
import { presences } from './keepers.ts';

/** Puts the description into the store if there is none; answers with the one in force. */
export async function putDescription(
  context: Context,
  layout: SystemLayout,
  given: StoredDescription,
): Promise<{ readonly inForce: StoredDescription; readonly written: boolean }> {
  const store = await openStore(context, layout);
  try {
    const written = await store.describe(given);
    return { inForce: (await store.description()) ?? given, written };
  } catch (error) {
    throw storeFailure(context, layout, error);
  } finally {
    await store.close();
  }
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
      why: reason instanceof Error ? reason.message : String(reason),
      next: `Its log: ${of.layout.host(host).keeperLog}. What is wrong: ${context.command('doctor')}`,
      exit: 3,
    });
  }
  return missing;
}

async function openStore(context: Context, layout: SystemLayout): Promise<DescriptionStore> {
  try {
    return await context.world.openStore(layout.storeFile);
  } catch (error) {
    throw storeFailure(context, layout, error);
  }
}

function storeFailure(context: Context, layout: SystemLayout, error: unknown): Failure {
  return new Failure({
    code: 'SF-303',
    what: `the store ${layout.storeFile} can't be used`,
    why: error instanceof Error ? error.message : String(error),
    next: `Is the disk full, or mounted read-only? ${context.command('doctor')} looks.`,
    exit: 3,
  });
}
