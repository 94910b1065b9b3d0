#!/bin/sh
# It can be written to.
[ "$(psql -qAtX -h 127.0.0.1 -p "$PORT" -c 'select pg_is_in_recovery()' postgres)" = f ]
