#!/bin/sh
# A double of a fence agent, in the form of fence_dummy: options as lines on standard input. The folder `folder` is the machine's power switch: `off`
# is there when the power is. `mode` says how it misbehaves: deaf (nothing answers), lies (says done, does nothing), hangs, late (off a moment later),
# blind (hangs when it is asked how a machine is that is on), dumb (does it, and then hangs).
mode=well
while IFS='=' read -r key value; do
  case $key in action) action=$value ;; folder) folder=$value ;; mode) mode=$value ;; nodename) node=$value ;; esac
done
[ -f "$folder/mode" ] && mode=$(cat "$folder/mode")
echo "$action $node" >>"$folder/asked"
case $mode in
  deaf) echo "Connection timed out" >&2; exit 1 ;;
  hangs) exec sleep 600 ;;
esac
case $action in
  status | monitor)
    [ -e "$folder/off-$node" ] && exit 2
    [ "$mode" = blind ] && exec sleep 600
    exit 0 ;;
  off)
    case $mode in
      lies) ;;
      late) (sleep 0.3; : >"$folder/off-$node") >/dev/null 2>&1 & ;;
      *) : >"$folder/off-$node" ;;
    esac
    if [ "$mode" = dumb ]; then exec sleep 600; fi ;;
  on) rm -f "$folder/off-$node" ;;
  *) echo "unknown action $action" >&2; exit 1 ;;
esac
