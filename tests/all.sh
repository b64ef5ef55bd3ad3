#!/usr/bin/env bash
# Passes all tests: installs what they need, then lint, builds, tests, sanitizers, clang-tidy, corpora.
set -u -o pipefail
root=$(dirname "$(dirname "$(realpath "$0")")")
cd "$root" || exit 1

usage() {
    cat <<'END'
usage: tests/all.sh [--quick] [--no-install] [--help]

Runs every test, from a clean clone on Debian 12 too, and ends with how many passed and failed.

  --quick        the release build and its tests only
  --no-install   do not look for missing packages, and install none
  --help         this text

What it does, in this order:
  packages    those of .ci/packages.txt that are missing, by apt as root or with sudo
  lint        tests/lint.sh: formatting, shell scripts, and mistakes that compilers do not see
  release     gcc, optimised                             build/
  sanitize    gcc, address and undefined sanitizers      build-sanitize/
  fuzz        clang, sanitizers, libFuzzer for a moment  build-fuzz/
  tidy        clang-tidy
  thread      gcc, thread sanitizer                      build-thread/

RF_JOBS says how many processes to use (default: as many as there are processors).
END
}

quick=false install=true
for argument in "$@"; do
    case $argument in
    --quick) quick=true ;;
    --no-install) install=false ;;
    --help)
        usage
        exit 0
        ;;
    *)
        usage >&2
        exit 2
        ;;
    esac
done

jobs=${RF_JOBS:-$(nproc)}
passed=0 failed=0
failures=() skips=()
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
export CRITERION_VERBOSITY_LEVEL=1 # so that a skipped test says why

title() {
    printf '\n== %02d:%02d %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"
}

# step NAME COMMAND...: one test; what it prints is shown if it fails
step() {
    local name=$1 start=$SECONDS
    shift
    if "$@" >"$logs/step" 2>&1 </dev/null; then
        echo "$name: passed ($((SECONDS - start)) s)"
        passed=$((passed + 1))
    else
        tail -n 200 "$logs/step"
        echo "$name: FAILED ($((SECONDS - start)) s)"
        failed=$((failed + 1))
        failures+=("$name")
        return 1
    fi
}

# lint [BUILD]: as many tests as it has rules
lint() {
    local p f
    tests/lint.sh "$@" </dev/null 2>&1 | tee "$logs/lint"
    read -r p f < <(sed -nE 's/^lint: ([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$logs/lint")
    passed=$((passed + ${p:-0}))
    failed=$((failed + ${f:-1}))
    [ "${f:-1}" = 0 ] || failures+=("lint")
}

build() { # build PRESET
    step "configure $1" cmake --preset "$1" && step "build $1" cmake --build --preset "$1" -- -j "$jobs"
}

# show NAME: what a test printed, without the tests in it that passed; of those that hang, the name
show() {
    echo "---- $1"
    awk -v wanted="$1" '/^[0-9]+\/[0-9]+ Test: / { on = $3 == wanted; next }
        on && /^<end of output>/ { exit } on && text { print } /^-----/ { text = on }' "$2" |
        awk '/^\[RUN \] / { begun[$3] = 1; next }
            /^\[(PASS|FAIL)\] / { name = $2; sub(/:$/, "", name); delete begun[name] }
            !/^\[(PASS|SKIP)\] / { print }
            END { for (name in begun) print name ": has not ended" }' | tail -n 100
}

# suite FOLDER CTEST_OPTION...: the tests of a build
suite() {
    local folder=$1 log=$1/Testing/Temporary/LastTest.log line p=0 f=0 s=0
    shift
    rm -f "$log"
    ctest --test-dir "$folder" -j "$jobs" --no-tests=error "$@" </dev/null 2>&1 |
        tee "$logs/ctest" | grep --line-buffered -E '^ *[0-9]+/[0-9]+ Test|tests passed|No tests'
    touch "$log"
    while IFS= read -r line; do
        case $line in
        counts\ *) read -r _ p f s <<<"$line" ;;
        failed\ *)
            failures+=("$folder ${line#failed }")
            show "${line#failed }" "$log"
            ;;
        skipped\ *) skips+=("$folder ${line#skipped }") ;;
        esac
    done < <(awk -f tests/count.awk "$logs/ctest" "$log")
    if [ $((p + f + s)) = 0 ]; then
        tail -n 20 "$logs/ctest"
        failures+=("$folder has no tests")
        f=1
    fi
    echo "$folder: $p passed, $f failed, $s skipped"
    passed=$((passed + p))
    failed=$((failed + f))
}

# The same inputs every time: this asks whether the targets still work, not for new findings.
fuzz() {
    local program name
    for program in build-fuzz/tests/fuzz_*; do
        [ -x "$program" ] || continue
        name=${program##*/fuzz_}
        mkdir -p "$logs/corpus"
        step "fuzz $name" tests/guard.sh "$program" -seed=1 -runs=5000 -max_total_time=5 \
            -print_funcs=0 -artifact_prefix=build-fuzz/ "$logs/corpus" "tests/fuzz/corpus/$name"
        rm -rf "$logs/corpus"
    done
}

finish() {
    local line
    title "done"
    if [ ${#skips[@]} -gt 0 ]; then
        echo "skipped:"
        printf '  %s\n' "${skips[@]}" | sort -u
    fi
    if [ ${#failures[@]} -gt 0 ]; then
        echo "failed:"
        printf '  %s\n' "${failures[@]}"
    fi
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
    exit
}

if $install; then
    title "packages"
    .ci/install.sh "$($quick && echo quick || echo test)" || exit 1
fi
if ! $quick; then
    title "lint"
    lint
fi
title "release"
build release && suite build
if ! $quick; then
    lint build
    title "sanitize"
    build sanitize && suite build-sanitize
    title "fuzz"
    build fuzz && suite build-fuzz -L fuzz && fuzz
    title "tidy"
    step tidy tests/tidy.sh build-fuzz
    title "thread"
    build thread && suite build-thread -L thread
fi
finish
