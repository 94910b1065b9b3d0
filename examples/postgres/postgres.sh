#!/bin/sh
# Begins as a standby whatever it is to become; `activate` promotes it. First its data are brought to where they can follow the other server.
set -eu
other="$OTHER user=postgres"

ask() {
  psql -qAtX -d "$other dbname=postgres connect_timeout=2" -c "$1" 2>/dev/null
}

copy() {
  rm -rf "$DATA.new"
  pg_basebackup -d "$other" -D "$DATA.new" -c fast -X stream
  # What was here may hold what the other one never got: it is kept, until the next time.
  if [ -e "$DATA" ]; then rm -rf "$DATA.old" && mv "$DATA" "$DATA.old"; fi
  mv "$DATA.new" "$DATA"
}

if [ ! -s "$DATA/PG_VERSION" ]; then
  if [ "$STANDFAST_HOST" = "$FIRST" ] && [ "$(ask 'select 1')" != 1 ]; then
    initdb -D "$DATA.new" -U postgres -A trust --data-checksums >/dev/null
    # What pg_rewind needs has to be there still when this one comes back; and who lost its active one looks for it again soon.
    printf '%s\n' 'wal_keep_size = 512MB' 'wal_retrieve_retry_interval = 500ms' >>"$DATA.new/postgresql.conf"
    mv "$DATA.new" "$DATA"
  else
    # Not for ever: `ready` says how long.
    until [ "$(ask 'select 1')" = 1 ]; do sleep 0.2; done
    copy
  fi
else
  # Another standby may be about to be promoted: what it is then cannot be followed from where this one stands now.
  tries=50
  while [ "$(ask 'select pg_is_in_recovery()')" = t ] && [ "$tries" -gt 0 ]; do
    tries=$((tries - 1))
    sleep 0.2
  done
  if [ "$(ask 'select pg_is_in_recovery()')" = f ]; then
    # The other one is active. What was written here and never reached it has to go, or this one could not follow. Until its first
    # checkpoint it does not tell pg_rewind that it was promoted.
    ask checkpoint
    rm -f "$DATA/standby.signal"
    pg_rewind -D "$DATA" --source-server="$other dbname=postgres" || copy
  fi
fi
touch "$DATA/standby.signal"
exec postgres -D "$DATA" -p "$PORT" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
  -c "primary_conninfo=$other"
