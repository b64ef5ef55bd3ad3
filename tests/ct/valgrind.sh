#!/usr/bin/env bash
# Runs a program under memcheck and fails on any error it reports, in any process: valgrind.sh PROGRAM
# With --must-fail the program must be reported, which shows that the check can fail.
set -u
must_fail=
[ "${1:-}" = --must-fail ] && must_fail=1 && shift
if ! command -v valgrind >/dev/null; then
    echo "skipped: valgrind is not installed"
    exit 77
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
valgrind --quiet --error-exitcode=99 --track-origins=no --leak-check=no --log-file="$log" "$@"
status=$?
if [ -n "$must_fail" ]; then
    [ -s "$log" ] && exit 0
    echo "the check found nothing where there is something to find"
    exit 1
fi
[ -s "$log" ] && cat "$log" && exit 1
exit $status
