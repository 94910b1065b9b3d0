#!/bin/sh
# How far a standby is behind: nothing as long as it receives, and has replayed all that it received.
psql -qAtX -h 127.0.0.1 -p "$PORT" postgres -c "
  select json_build_object('status', 'ok', 'behindMs', case
    when not pg_is_in_recovery() then 0
    when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn()
      and exists (select from pg_stat_wal_receiver where status = 'streaming') then 0
    else coalesce(round(extract(epoch from now() - pg_last_xact_replay_timestamp()) * 1000), 0) end)"
