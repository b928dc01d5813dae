#!/usr/bin/dash
# What a call of the switch left behind: aftermath.sh LOG SEEN FOLDER WORD. As root, after the call has ended.
# Prints each mark of the witness in FOLDER and takes it away, then `log` and what LOG has beyond its first SEEN bytes.
# The log daemon takes one line after the other: once it has written WORD, it has written all that was sent before.
if [ -S /dev/log ] && timeout 1 logger -t lcmaps -- "$4"; then
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
        tail -c "+$(($2 + 1))" "$1" | grep -qF -- "$4" && break
        sleep 0.05
    done
fi
for mark in "$3"/*; do
    [ -e "$mark" ] || continue
    stat -c 'mark %u' "$mark"
    cat "$mark"
    rm "$mark"
done
echo log
[ ! -e "$1" ] || tail -c "+$(($2 + 1))" "$1" # the log daemon makes it with the first line
