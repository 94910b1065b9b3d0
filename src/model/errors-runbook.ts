// The errors of runbooks: SF-2nn.

import type { ErrorRow } from './errors.ts';

/** SF-2nn. */
export const runbookErrors: readonly ErrorRow[] = [
  {
    code: 'SF-201',
    what: 'the runbook cannot be read',
    why: 'its file is gone, may not be read, or is far too long',
    next: 'put the file back, or remove `runbook` from the description: then one is made from it',
  },
  {
    code: 'SF-202',
    what: 'a word after ``` is not known',
    why: 'what a block may say of itself is a short list, so that a slip is never taken for nothing',
    next: 'docs/runbooks.md lists the words',
  },
  {
    code: 'SF-203',
    what: 'a word after ``` has a wrong value',
    why: 'a duration, host, account or service is not written as it should be, or does not exist',
    next: 'docs/runbooks.md shows each word with an example',
  },
  {
    code: 'SF-204',
    what: 'a block does not say what it is',
    why: 'an `sh` block must say check, do or undo; an undo belongs to the `sh do` above it',
    next: 'write `sh check` or `sh do`; `text` for what is only to be read',
  },
  {
    code: 'SF-205',
    what: 'a variable of a runbook is not known',
    why: 'neither Standfast nor the environment of the service gives it',
    next: 'define it under `env` of the service; docs/runbooks.md lists those of Standfast',
  },
  {
    code: 'SF-206',
    what: 'a runbook has no step',
    why: 'no heading has a block or words below it',
    next: 'write a heading, and below it a block that begins with ```sh check or ```sh do',
  },
  {
    code: 'SF-210',
    what: 'there is no such runbook',
    why: 'neither a service nor a file in the folder runbooks has that name',
    next: 'standfast runbook list',
  },
  {
    code: 'SF-211',
    what: 'a run is open already',
    why: 'of one service one runbook runs at a time',
    next: 'carry it on with standfast runbook continue, or give it up with standfast runbook abort',
  },
  {
    code: 'SF-212',
    what: 'nobody waits for that answer',
    why: 'somebody was faster, the step has gone on, or the run is over',
    next: 'standfast runbook continue shows what it waits for',
  },
  {
    code: 'SF-213',
    what: 'a failover is under way',
    why: 'Standfast itself is moving the service: two must not work on it at once',
    next: 'start it when that is over; standfast status --watch shows it',
  },
  {
    code: 'SF-215',
    what: 'the run waits for a person',
    why: 'a step changes something, or only a person can do it, and nobody can be asked here',
    next: 'carry it on in a terminal with standfast runbook continue, or allow every step with --yes',
  },
  {
    code: 'SF-216',
    what: 'a value is missing, or not asked for',
    why: 'the runbook says which values whoever runs it must give',
    next: 'give each with --set NAME=VALUE',
  },
  {
    code: 'SF-217',
    what: 'there is no such run',
    why: 'it never was, or it is over and so old that it was forgotten',
    next: 'standfast runbook runs; standfast journal tells of older ones',
  },
  {
    code: 'SF-218',
    what: 'the run failed, or was given up',
    why: 'a step did not do what it should, and nothing below it was there to mend that',
    next: 'mend it by hand or begin again; the step and its output stand above',
  },
  {
    code: 'SF-219',
    what: 'the run could not be written down',
    why: 'the store does not answer, or somebody else changes the same run',
    next: 'ask again; standfast doctor tells more',
  },
  {
    code: 'SF-221',
    what: 'a program of a runbook is gone',
    why: 'it is not in the PATH of the block, or may not be run',
    next: 'install it, or change the runbook',
  },
  {
    code: 'SF-222',
    what: 'a file of a runbook is gone',
    why: 'a step reads it and it is not there',
    next: 'put it back, or change the runbook',
  },
  {
    code: 'SF-223',
    what: 'an account of a runbook is gone',
    why: 'a step runs as it (`as=`), and it is not there or the agent may not use it',
    next: 'create the account, or change the runbook',
  },
];
