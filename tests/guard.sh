#!/usr/bin/env bash
# Runs one test program and fails if it fails or if any of its processes left a sanitizer report:
# Criterion forks its tests and does not pass on what the sanitizers find at exit.
set -u
reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT
common="log_path=$reports/report:exitcode=99"
export ASAN_OPTIONS="$common:detect_leaks=1:${ASAN_OPTIONS:-}"
export UBSAN_OPTIONS="$common:print_stacktrace=1:${UBSAN_OPTIONS:-}"
export TSAN_OPTIONS="$common:${TSAN_OPTIONS:-}"
"$@"
status=$?
found=$(find "$reports" -type f -size +0)
if [ -n "$found" ]; then
    echo "sanitizer reports:"
    # shellcheck disable=SC2086
    cat $found
    exit 1
fi
exit $status
