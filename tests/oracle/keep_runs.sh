#!/bin/sh
# Stands for weir and keeps what each run was asked and said, in $WEIR_KEPT, to look into afterwards.
run="$WEIR_KEPT/$$"
"$WEIR_KEPT_PROGRAM" "$@" > "$run.out" 2> "$run.err"
status=$?
echo $status > "$run.status"
printf '%s\n' "$@" > "$run.args"
cat "$run.err" >&2
cat "$run.out"
exit $status
