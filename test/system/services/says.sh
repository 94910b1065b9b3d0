# Says over the agent's socket what stands in the file `say`, in a POSIX shell.
while :; do
  test -e say && curl -s --unix-socket "$STANDFAST_SOCKET" -H "Standfast-Instance: $STANDFAST_INSTANCE" -X PUT --data-binary @say "http://standfast/v1/status"
  sleep 0.1
done
