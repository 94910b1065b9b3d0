# The same from a shell: a file touched every BEAT_S seconds.
while :; do
  : >"$BEAT"
  sleep "$BEAT_S"
done
