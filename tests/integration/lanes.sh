#!/usr/bin/env bash
# Studies in several lanes: the same statistics as plain, as many lanes as the manifest says, costs as declared,
# and a party that dies ends all lanes of all others.
# usage: lanes.sh RINGFENCE [small]
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
start "$@"
size=${2:-full}

# in_lanes NAME DATA LANES: run and plain write the same
in_lanes() {
    cp "$2/study.yaml" "$1.yaml"
    change "$1.yaml" lanes "$3"
    same "$1" "$1.yaml" "$2"
    holds "out-$1/bank-a/party.json" ".lanes == $3"
    holds "out-$1/bank-a/party.json" \
        '[.steps[1:][] | .declared == .counted] | all'
    ok "$2, $3 lanes: $(jq -c .statistics.rings.total "out-$1/result.json")"
}

"$ringfence" generate both --banks 4 --customers 2000 --out data >/dev/null
in_lanes two data 2
[ "$size" = full ] || exit 0
in_lanes five data 5
sed 's/^protocol: .*/protocol: rep3/' -i data/study.yaml
in_lanes passive data 3
sed 's/^  shared_rows: .*/  shared_rows: 6000/' -i data/study.yaml
in_lanes padded data 2

# Fewer rows than lanes' words: most lanes have none.
"$ringfence" generate identifiers --banks 3 --customers 12 --out few >/dev/null
in_lanes few few 16

### a party that dies
"$ringfence" generate identifiers --banks 3 --customers 30000 --out data2 >/dev/null
change data2/study.yaml lanes 2
"$ringfence" run data2/study.yaml --data data2 --out base --quiet >/dev/null
consortium base 2 8
for who in bank-a bank-b bank-c; do
    party $who
    client $who "data2/$who"
done
wait_for party-bank-a "sort tokens"
hit party-bank-b KILL
for who in party-bank-a party-bank-c client-bank-a client-bank-b client-bank-c; do
    ends $who 1 8
    says $who bank-b
done
error=$(grep -h ": error:" logs/party-bank-a)
nobody_left
no_cores
ok "two lanes, party killed: $error"
