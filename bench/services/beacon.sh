# A service that says once that it runs, and then only is there. NAME and OUT (a FIFO) are in its environment.
echo "$NAME" >"$OUT"
exec sleep 1000000
