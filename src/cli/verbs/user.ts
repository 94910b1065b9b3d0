// `user`: who may sign in to the console with a password, and what they may. They stand in the store, so every host knows them.

import type { AccessRole, Account } from '../../api-web.ts';
import type { AgentClient } from '../../client.ts';
import { accessRoles, whyNoPassword, whyNoUserName } from '../../model/account.ts';
import { errorWords } from '../../model/error-words.ts';
import { nearest } from '../../model/nearest.ts';
import { askPassword } from '../ask-password.ts';
import { columns } from '../columns.ts';
import { chooseSystem } from '../context.ts';
import type { Context } from '../context.ts';
import { Failure } from '../failure.ts';
import type { ExitStatus } from '../failure.ts';
import { ownerName } from '../owner.ts';
import { needAgent } from '../systems.ts';
import { safe } from '../text.ts';
import { clockText } from '../times.ts';
import type { Options, Run } from '../verb.ts';

/** To look on loopback nobody needs a name: who is given one is to act. */
const usualRole: AccessRole = 'operate';

/** Exit 0: done; 2: wrong words, or a password that will not do; 3: the store could not be read or written. */
export const user: Run = async (context, words, options) => {
  const [what = '', name] = words;
  switch (what) {
    case 'list':
      return list(context, options);
    case 'add':
      return add(context, needName(name, what), options);
    case 'remove':
      return remove(context, needName(name, what), options);
    default:
      throw new Failure({
        code: 'SF-002',
        what: `user ${what}: there is no such word`,
        next: 'Write user add NAME, user list or user remove NAME.',
        exit: 2,
      });
  }
};

async function add(context: Context, name: string, options: Options): Promise<ExitStatus> {
  const wrongName = whyNoUserName(name);
  if (wrongName !== null) throw noUser(`"${name}" is no name for a user`, wrongName);
  const given = readRole(options.text('role'));
  const agent = await needAgent(context, await chooseSystem(context));
  const before = (await accounts(context, agent)).find((each) => each.name === name);
  const password = await askPassword(name);
  const wrongPassword = whyNoPassword(password);
  if (wrongPassword !== null) throw noUser('this is no password', wrongPassword);
  const account: Account = {
    name,
    role: given ?? before?.role ?? usualRole,
    password: await context.world.hashPassword(password),
    changedAtMs: context.now(),
    by: ownerName(context.world.env),
  };
  await inStore(context, agent.putAccount(account));
  if (options.flag('json'))
    context.terminal.print(JSON.stringify({ ok: true, name, role: account.role, new: before === undefined }));
  else
    context.terminal.print(
      `${name} may ${account.role}${before === undefined ? '' : ', has a new password, and is signed out everywhere'}.`,
    );
  return 0;
}

async function list(context: Context, options: Options): Promise<ExitStatus> {
  const agent = await needAgent(context, await chooseSystem(context));
  const found = (await accounts(context, agent)).toSorted((a, b) => a.name.localeCompare(b.name));
  if (options.flag('json')) {
    const shown = found.map(({ name, role, changedAtMs, by }) => ({ name, role, changedAtMs, by }));
    context.terminal.print(JSON.stringify(shown, null, 2));
    return 0;
  }
  if (found.length === 0) {
    context.terminal.print(
      `There are no users: nobody can act in the console. Make one: ${context.command('user add NAME')}`,
    );
    return 0;
  }
  const rows = found.map((each) => [
    safe(each.name),
    each.role,
    clockText(each.changedAtMs, context.now()),
    safe(each.by),
  ]);
  const heads = ['name', 'may', 'since', 'by'].map((title) => ({ title }));
  context.terminal.print(...columns(heads, rows, { width: context.terminal.columns() }));
  return 0;
}

async function remove(context: Context, name: string, options: Options): Promise<ExitStatus> {
  const agent = await needAgent(context, await chooseSystem(context));
  if (!(await inStore(context, agent.removeAccount(name)))) {
    const names = (await accounts(context, agent)).map((each) => each.name);
    const meant = nearest(name, names);
    throw new Failure({
      code: 'SF-825',
      what: `there is no user ${name}`,
      next: meant === null ? `All of them: ${context.command('user list')}` : `Did you mean ${meant}?`,
      exit: 2,
    });
  }
  if (options.flag('json')) context.terminal.print(JSON.stringify({ ok: true, name }));
  else context.terminal.print(`${name} is removed, and signed out everywhere.`);
  return 0;
}

async function accounts(context: Context, agent: AgentClient): Promise<readonly Account[]> {
  return (await inStore(context, agent.accounts())).accounts;
}

async function inStore<T>(context: Context, question: Promise<T>): Promise<T> {
  try {
    return await question;
  } catch (error) {
    throw new Failure({
      code: 'SF-826',
      what: 'the users cannot be read or written now',
      why: errorWords(error),
      next: context.command('doctor'),
      exit: 3,
    });
  }
}

function needName(name: string | undefined, what: string): string {
  if (name !== undefined && name !== '') return name;
  throw new Failure({ code: 'SF-002', what: `user ${what} needs a name`, next: `Write user ${what} NAME.`, exit: 2 });
}

function readRole(text: string | undefined): AccessRole | null {
  if (text === undefined) return null;
  const found = accessRoles.find((role) => role === text);
  if (found !== undefined) return found;
  throw new Failure({
    code: 'SF-002',
    what: `--role ${text} is no role`,
    next: `Write one of ${accessRoles.join(', ')}.`,
    exit: 2,
  });
}

function noUser(what: string, why: string): Failure {
  return new Failure({ code: 'SF-827', what, why: `${why}.`, next: 'Choose another.', exit: 2 });
}
