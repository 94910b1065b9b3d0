# The main process stays when the child that listens is gone.
node "$SERVE" &
while :; do sleep 0.1; done
