#!/bin/sh
# A double of systemctl and the little of systemd behind it: units in the folder SYSTEMCTL_DOUBLE, one process each that starts the main process, starts it
# again as Restart= says and writes down what `show` tells. Words, exit status and messages as of systemd 252: start of what is not there ends with 5,
# `show` with 0. What a unit runs after a stop (ExecStopPost=) takes it a moment. Not tried against a real systemd: here PID 1 is another.
#
# A unit is a file of shell: `restart=yes` or `restart=no`, and `set -- COMMAND WORDS`. In shell and not in Node, so that an answer takes no longer than one of
# systemd does, also on a busy machine.

cd "$SYSTEMCTL_DOUBLE" || exit 1
wait=yes
verb=
for word; do
  case $word in
    --no-block) wait=no ;;
    --*) ;;
    *) if [ -z "$verb" ]; then verb=$word; else unit=$word; fi ;;
  esac
done

show() { # ACTIVE SUB MAIN-PID, and of the last main process: PID BEGAN CODE STATUS RESULT
  echo "ActiveState=$1
SubState=$2
MainPID=$3
ExecMainPID=$4
ExecMainStartTimestampMonotonic=$5
ExecMainCode=$6
ExecMainStatus=$7
Result=$8" >"$unit.state.$$"
  mv "$unit.state.$$" "$unit.state"
}

active() {
  case $(cat "$unit.state" 2>/dev/null) in ActiveState=*) sed -n 's/^ActiveState=//p' "$unit.state" ;; *) echo inactive ;; esac
}

settled() { # STATES
  while :; do
    now=$(active)
    for each; do [ "$now" = "$each" ] && return; done
    sleep 0.02
  done
}

# One change at a time.
alone() {
  { flock 9 && "$@" 9>&-; } 9>"$unit.lock"
}

begin() {
  case $(active) in active | activating) return ;; esac
  rm -f "$unit.stop"
  show activating start 0 0 0 0 0 success
  setsid /bin/sh "$0" main "$unit" </dev/null >/dev/null 2>&1 &
}

halt() {
  case $(active) in active | activating) ;; *) return ;; esac
  : >"$unit.stop"
  pid=$(sed -n 's/^MainPID=//p' "$unit.state")
  sed -e 's/^ActiveState=.*/ActiveState=deactivating/' -e 's/^SubState=.*/SubState=stop-sigterm/' "$unit.state" >"$unit.state.$$"
  mv "$unit.state.$$" "$unit.state"
  [ "$pid" = 0 ] || kill -TERM "-$pid" 2>/dev/null
}

# What is to follow an end; 0: it starts again.
ended() {
  [ -e "$unit.stop" ] && { show deactivating stop-post 0 "$@"; return 1; }
  [ "$restart" = yes ] && { show activating auto-restart 0 "$@"; return 0; }
  if [ "$4" = 0 ]; then show inactive dead 0 "$@"; else show failed dead 0 "$@"; fi
  return 2
}

# Begun while it is not to be stopped.
begun() {
  if [ -e "$unit.stop" ]; then return 1; fi
  show active running "$@" 0 0 success
}

main() {
  while :; do
    . "./$unit"
    setsid "$@" </dev/null >/dev/null 2>&1 &
    pid=$!
    group=
    # A stop speaks to its group: that has to be there, unless all is over already.
    until [ "$group" = $pid ] || ! [ -e "/proc/$pid" ]; do { read -r _ _ _ _ group _ <"/proc/$pid/stat"; } 2>/dev/null; done
    read -r up _ </proc/uptime
    began=${up%.*}${up#*.}0000
    alone begun $pid $pid "$began" || kill -TERM -$pid
    wait $pid
    status=$?
    code=1
    result=success
    if [ $status -gt 128 ]; then
      code=2
      status=$((status - 128))
      result=signal
    elif [ $status -gt 0 ]; then
      result=exit-code
    fi
    alone ended $pid "$began" $code $status $result
    next=$?
    [ $next = 2 ] && exit
    sleep 0.3
    if [ $next = 1 ] || [ -e "$unit.stop" ]; then
      show inactive dead 0 $pid "$began" $code $status $result
      exit
    fi
  done
}

[ "$verb" = main ] && main
if [ -e gone ]; then
  echo 'Failed to connect to bus: Connection refused' >&2
  exit 1
fi
case $verb in
  show)
    if [ -e "$unit" ]; then echo LoadState=loaded; else echo LoadState=not-found; fi
    cat "$unit.state" 2>/dev/null || echo 'ActiveState=inactive
SubState=dead
MainPID=0
Result=success'
    echo 'StatusText=
ActiveEnterTimestamp=' ;;
  start)
    if ! [ -e "$unit" ]; then
      echo "Failed to start $unit: Unit $unit not found." >&2
      exit 5
    fi
    [ "$(active)" = deactivating ] && settled inactive failed
    alone begin
    [ $wait = no ] || settled active failed inactive
    [ "$(active)" != failed ] ;;
  stop)
    alone halt
    [ $wait = no ] || settled inactive failed ;;
  *)
    echo "Unknown command verb $verb." >&2
    exit 1 ;;
esac
