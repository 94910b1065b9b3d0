#!/bin/sh
# A double of a fence agent, in the form of fence_dummy: options as lines on standard input. The folder `folder` is the machine's power switch: `off`
# is there when the power is. `mode` says how it misbehaves: deaf (nothing answers), lies (says done, does nothing), hangs, late (off once it was asked how it is),
# blind (hangs when it is asked how a machine is that is on), dumb (does it, and then hangs).
mode=well
hang() {
  : >"$folder/hangs"
  exec sleep 600
}
while IFS='=' read -r key value; do
  case $key in action) action=$value ;; folder) folder=$value ;; mode) mode=$value ;; nodename) node=$value ;; esac
done
[ -f "$folder/mode" ] && mode=$(cat "$folder/mode")
echo "$action $node" >>"$folder/asked"
case $mode in
  deaf) echo "Connection timed out" >&2; exit 1 ;;
  hangs) hang ;;
esac
case $action in
  status | monitor)
    [ -e "$folder/off-$node" ] && exit 2
    [ -e "$folder/late" ] && mv "$folder/late" "$folder/off-$node"
    [ "$mode" = blind ] && hang
    exit 0 ;;
  off)
    case $mode in
      lies) ;;
      late) : >"$folder/late" ;;
      *) : >"$folder/off-$node" ;;
    esac
    if [ "$mode" = dumb ]; then hang; fi ;;
  on) rm -f "$folder/off-$node" ;;
  *) echo "unknown action $action" >&2; exit 1 ;;
esac
