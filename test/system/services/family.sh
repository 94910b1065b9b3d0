# A child in the group, and one that forks away into a session of its own and does not hear SIGTERM.
echo $$ >>family.pids
sleep 1000 &
echo $! >>family.pids
setsid sh -c 'trap "" TERM HUP; (echo $$ >>family.pids; sleep 1000) & sleep 1000' &
wait
