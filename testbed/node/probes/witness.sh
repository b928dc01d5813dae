#!/usr/bin/dash
# A payload that cannot run unseen: witness.sh FOLDER [COMMANDS]. It leaves a mark in the folder, which anybody may write: a
# file that belongs to whom the kernel made it belong to, with the kernel's own words on this process. Then it does as told.
while read -r line; do
    case $line in
    Uid:* | Gid:* | CapInh:* | CapPrm:* | CapEff:* | CapAmb:*) echo "$line" ;;
    esac
done </proc/self/status >"$1/$$" || echo "ran, and could leave no mark"
eval "${2-}"
