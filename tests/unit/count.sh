#!/usr/bin/env bash
# tests/count.awk on what CTest and Criterion print, so that the closing line of all.sh can be believed.
set -eu
count=$(dirname "$0")/../count.awk
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/output" <<'END'
      Start 1: unit/good
1/8 Test  #1: unit/good ........................   Passed    0.00 sec
2/8 Test #2: unit/bad ..........................***Failed    0.07 sec
3/8 Test #3: unit/leaks ........................***Failed    0.07 sec
4/8 Test #4: integration/script ................   Passed    1.00 sec
5/8 Test #5: integration/skipped ...............***Skipped   0.00 sec
6/8 Test #6: integration/slow ..................***Timeout   1.00 sec
7/8 Test #7: integration/gone ..................***Not Run   0.00 sec
8/8 Test #8: integration/crash .................***Exception: SegFault  0.10 sec
38% tests passed, 5 tests failed out of 8
END
cat >"$work/log" <<'END'
1/8 Testing: unit/good
1/8 Test: unit/good
[PASS] good::one: (0.00s)
[SKIP] good::two: the data are not here
[====] Synthesis: Tested: 11 | Passing: 11 | Failing: 0 | Crashing: 0 
2/8 Test: unit/bad
[====] Synthesis: Tested: 5 | Passing: 3 | Failing: 2 | Crashing: 1 
3/8 Test: unit/leaks
[====] Synthesis: Tested: 4 | Passing: 4 | Failing: 0 | Crashing: 0 
4/8 Test: integration/script
SKIPPED: no browser here
5/8 Test: integration/skipped
skipped: jq is not installed
END
cat >"$work/wanted" <<'END'
skipped unit/good: good::two: the data are not here
failed unit/bad
failed unit/leaks
skipped integration/script: no browser here
skipped integration/skipped: jq is not installed
failed integration/slow
failed integration/gone
failed integration/crash
counts 19 6 3
END
awk -f "$count" "$work/output" "$work/log" | diff "$work/wanted" -
