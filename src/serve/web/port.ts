// What the console's HTTP side asks of the rest: put behind one interface, so that it only carries.

import type { RunbookAnswers } from '../../api-runbook.ts';
import type {
  AccountsView,
  AssessmentView,
  ConsoleStatus,
  DetailsView,
  ExplanationView,
  GapView,
  Happening,
  JournalPage,
  LogTail,
  TopologyView,
} from '../../api-web.ts';
import type { FailoverView, IncidentView, IntentAnswer, IntentRequest, IntentView } from '../../api.ts';
import type { HubSource } from './hub.ts';

/** Which lines; null: whatever. */
export interface JournalQuestion {
  /** Unix ms. */
  readonly sinceMs: number | null;
  readonly untilMs: number | null;
  readonly service: string | null;
  readonly host: string | null;
  readonly kinds: readonly string[] | null;
  readonly incident: string | null;
  /** Words that the sentence or the facts must hold, whatever their case. */
  readonly search: string | null;
  /** The newest so many. */
  readonly limit: number;
}

/** What each host told, and of whom that is missing or old. */
export interface GatheredDetails {
  readonly of: readonly DetailsView[];
  readonly missing: readonly GapView[];
}

/** Everything rejects with an error in words when the agent does not answer; the status never does. */
export interface ConsolePort extends HubSource {
  /** As new as can be had; the last known, marked as old, when no agent answers; null: none ever answered. */
  status(): Promise<ConsoleStatus | null>;
  failovers(): Promise<readonly FailoverView[]>;
  intents(): Promise<readonly IntentView[]>;
  intend(request: IntentRequest): Promise<IntentAnswer>;
  preview(request: IntentRequest): Promise<IntentAnswer>;
  /** False: no open incident of that name. */
  ack(incident: string, owner: string): Promise<boolean>;
  /** Of every host, as new as can be had. */
  details(): Promise<GatheredDetails>;
  /** Null: no such service, incident or decision. */
  explain(subject: string, sinceMs: number): Promise<ExplanationView | null>;
  journal(question: JournalQuestion): Promise<JournalPage>;
  /** Of the last while, newest first; open ones come from the status. */
  pastIncidents(sinceMs: number): Promise<readonly IncidentView[]>;
  /** One that was ever open, as the journal tells of it; null: it tells of none. */
  incident(id: string): Promise<IncidentView | null>;
  logs(service: string, host: string | null, lines: number): Promise<LogTail>;
  happenings(sinceMs: number): Promise<readonly Happening[]>;
  topology(): Promise<TopologyView | null>;
  assessment(): Promise<AssessmentView>;
  /** Of the agent that answers. */
  runbooks(): RunbookAnswers;
  /** Users and the key of the cookies, at most a second old. */
  accounts(): Promise<AccountsView>;
}
