// What instances and hosts are, are told to be, and say of themselves. The same words in the core, at the ports, in the journal and in what scripts read
// (docs/concepts.md).

/** What an instance is. `unknown`: nothing was heard of it lately. */
export type Phase = 'down' | 'starting' | 'passive' | 'standby' | 'active' | 'stopping' | 'failed' | 'unknown';

/** What an instance was told to be. */
export type Role = 'active' | 'standby' | 'passive';

/** `silent`: its session has stood still for longer than its ttl and is not deposed yet; `unknown`: it was never heard. */
export type HostState = 'up' | 'silent' | 'down' | 'maintenance' | 'banned' | 'unknown';

/** What a service can say of itself. */
export type Flag = 'ok' | 'degraded' | 'failed';

/** How a check came out, in the words of monitoring plugins. */
export type CheckResult = 'ok' | 'warning' | 'critical' | 'unknown';
