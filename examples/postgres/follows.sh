#!/bin/sh
# A standby that does not follow the active one, though that is there to be followed, never will: started anew it is rewound or copied.
here() { psql -qAtX -h 127.0.0.1 -p "$PORT" -c "$1" postgres; }
[ "$(here 'select not pg_is_in_recovery() or exists (select from pg_stat_wal_receiver where status = $$streaming$$)')" = t ] && exit 0
[ "$(psql -qAtX -d "$OTHER user=postgres dbname=postgres connect_timeout=2" -c 'select pg_is_in_recovery()' 2>/dev/null)" = f ] || exit 0
echo "it does not follow the active one"
exit 1
