#!/bin/sh
# The end-of-day report: what risk's last snapshot says, written to run/report-DATE.txt. It is here to show that a service in any
# language takes part: the socket with curl where there is curl, else only the role file. By hand it works too: sh report.sh
set -eu
cd "$(dirname "$0")"

ask() { # METHOD PATH: one request to the agent
  curl -sf --max-time 2 --unix-socket "$STANDFAST_SOCKET" -H "Standfast-Instance: $STANDFAST_INSTANCE" -X "$1" "http://standfast$2"
}

may_write() { # still active, in the term we began in?
  [ -n "${STANDFAST_ROLE_FILE:-}" ] || return 0 # by hand: nobody else writes it
  if command -v curl >/dev/null && role=$(ask GET /v1/role); then
    case $role in *'"validForMs":0'[,}]*) return 1 ;; esac
  else
    role=$(cat "$STANDFAST_ROLE_FILE")
  fi
  case $role in *'"active"'*) ;; *) return 1 ;; esac
  case $role in *"\"term\":$STANDFAST_TERM"[,}]*) ;; *) return 1 ;; esac
}

snapshot=run/risk.snapshot
tries=0
until [ -r "$snapshot" ]; do # risk writes its first one a second after it became active
  tries=$((tries + 1))
  [ "$tries" -le 10 ] || { echo "no snapshot of risk ($snapshot)" >&2; exit 1; }
  sleep 1
done
number() { sed -n "s/.*\"$1\":\(-\{0,1\}[0-9]*\).*/\1/p" "$snapshot"; }

report=run/report-$(date +%F).txt
{
  echo "End of day, $(date '+%F %T')"
  echo "value  $(number value) USD"
  echo "worst  $(number worst) USD"
  echo "prices $(number prices)"
} >"$report.$$"

may_write || { rm -f "$report.$$"; echo 'no longer active: nothing written' >&2; exit 1; }
mv "$report.$$" "$report"
echo "wrote $report"
