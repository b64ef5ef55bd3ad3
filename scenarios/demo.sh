#!/usr/bin/env bash
# From nothing to a result: installs, builds, makes data for five banks, and runs a study on them.
set -eu -o pipefail
root=$(dirname "$(dirname "$(realpath "$0")")")

usage() {
    cat <<'END'
usage: scenarios/demo.sh [--customers N] [--out FOLDER] [--no-install] [--help]

Installs what is missing (Debian 12; as root or with sudo), builds Ringfence, makes synthetic data for
five banks, has three of them compute the rings of fraud across all five, each bank and each party
being a process of its own, and compares the result with what the same data give in the clear.

  --customers N   at all banks together, 100 or more (default: 100000)
  --out FOLDER    new or empty; data and result go here (default: build/demo, made anew)
  --no-install    do not look for missing packages, and install none
  --help          this text
END
}

misused() {
    echo "demo: $*; see --help" >&2
    exit 2
}

customers=100000 out='' install=true
while [ $# -gt 0 ]; do
    case $1 in
    --customers | --out)
        [ $# -ge 2 ] || misused "$1 needs a value"
        case $1 in
        --customers) customers=$2 ;;
        --out) out=$(realpath -m "$2") ;;
        esac
        shift
        ;;
    --no-install) install=false ;;
    --help)
        usage
        exit 0
        ;;
    *) misused "what is $1?" ;;
    esac
    shift
done
[[ $customers =~ ^[1-9][0-9]{2,8}$ ]] || misused "--customers $customers: 100 or more are needed"
cd "$root"
if [ -z "$out" ]; then
    out=$root/build/demo
    rm -rf "$out"
elif [ -n "$(ls -A "$out" 2>/dev/null)" ]; then
    misused "$out is not empty"
fi
mkdir -p "$out"

title() {
    printf '\n== %d:%02d  %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"
}

# Of a result's JSON, the lines with its statistics.
statistics() {
    sed -n '/^  "statistics": /,/^  }/p' "$1"
}

title "1 of 5: packages"
if $install; then
    .ci/install.sh build
else
    echo "none installed, as told"
fi

title "2 of 5: build, in build/"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Tests are left out here; tests/all.sh builds them.
echo "about half a minute on two cores ..."
if ! { cmake --preset release -DRF_TESTS=OFF && cmake --build --preset release; } >"$log" 2>&1; then
    tail -n 50 "$log" >&2
    echo "demo: the build failed" >&2
    exit 1
fi
ringfence=$root/build/ringfence
"$ringfence" --version

title "3 of 5: synthetic data of five banks with $customers customers, in $out/data"
"$ringfence" generate both --banks 5 --customers "$customers" --out "$out/data"
wc -l "$out"/data/bank-*/*.csv | awk '$2 != "total" { sub(/.*\/data\//, "", $2); printf "  %-26s %8d lines\n", $2, $1 }'

title "4 of 5: the run: three parties and five contributors, each a process with keys of its own"
"$ringfence" run "$out/data/study.yaml" --data "$out/data" --out "$out/result"

title "5 of 5: the same in the clear, to compare"
"$ringfence" plain "$out/data/study.yaml" --data "$out/data" --out "$out/plain" >/dev/null
statistics "$out/result/result.json" >"$log"
if ! [ -s "$log" ] || ! statistics "$out/plain/result.json" | cmp -s - "$log"; then
    echo "demo: the parties' result is NOT what the data give in the clear" >&2
    exit 1
fi
echo "The same figures, and no party saw another bank's records."

title "done"
cat <<END
The report, for a browser:        $out/result/report.html
The same for programs:            $out/result/result.json
What 'ringfence run' started:     $out/result/commands.txt
END
