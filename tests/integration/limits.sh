#!/usr/bin/env bash
# What a study declares and the data do not keep to: bounds on shared rows, iterations. Where the data
# fit, the statistics are those of plain; where not, every process ends and says why.
# usage: limits.sh RINGFENCE
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
start "$@"

"$ringfence" generate chain --banks 3 --customers 300 --hops 40 --out data >/dev/null
change data/study.yaml min_cell 0

# variant NAME KEY VALUE: the study with another parameter
variant() {
    cp data/study.yaml "$1.yaml"
    change "$1.yaml" "$2" "$3"
}

# too_small NAME TEXT: the run fails, and each of its six processes says why
too_small() {
    local log
    expect 1 "$2" "$ringfence" run "$1.yaml" --data data --out "out-$1" --quiet
    [ "$(wc -l <out)" = 1 ] || failed "$1: more than one line: $(cat out)"
    for log in "out-$1"/logs/{party,contribute}-*; do
        [ "$(grep -c "error: .*$2" "$log")" = 1 ] || failed "$log gives no reason: $(cat "$log")"
    done
    [ "$(find "out-$1"/logs -name "party-*" -o -name "contribute-*" | wc -l)" = 6 ] || failed "$1: not six processes"
    ! ls "out-$1"/*/result.json "out-$1"/*/party.json 2>/dev/null || failed "$1: there is a result"
    nobody_left
    ok "$1: $(cat out)"
}

variant short iterations 2
too_small short "rings are longer than the study's iterations can follow"
variant long iterations 8
same long long.yaml data
holds out-long/result.json '.statistics.rings.total.members == 41'
ok "long: $(jq -c .statistics.rings.total out-long/result.json)"

### explain foresees the share columns that a party then holds, operands of unproved gates too
for protocol in rep3 rep3-active; do
    "$ringfence" run data/study.yaml --data data --out "out-$protocol" --quiet --protocol "$protocol" >/dev/null
    used=$(jq .peak_memory "out-$protocol/bank-a/party.json")
    percent=$(jq --slurpfile party "out-$protocol/bank-a/party.json" \
        '100 * $party[0].shared_rows / ([.study.members[].rows // 0] | add) | ceil' "out-$protocol/result.json")
    foreseen=$("$ringfence" explain "out-$protocol/study" --shared "$percent" --json | jq '.parties[0].peak_memory')
    if [ "$foreseen" -lt $((used * 98 / 100)) ] || [ "$foreseen" -gt $((used * 5 / 4)) ]; then
        failed "$protocol: $used bytes used, $foreseen foreseen"
    fi
    ok "$protocol: $used bytes of share columns, $foreseen foreseen"
done

# The chain has 40 links, each a token that two banks hold: 80 rows.
variant narrow shared_rows 79
too_small narrow "shared"
for bound in 80 500; do
    variant "fits-$bound" shared_rows $bound
    same "fits-$bound" "fits-$bound.yaml" data
    cmp <(statistics out-long/result.json) <(statistics "out-fits-$bound/result.json")
    for party in "out-fits-$bound"/*/party.json; do
        jq -e '.opened.fits == 1 and .shared_rows == '$bound "$party" >/dev/null ||
            failed "$party shows more of the shared rows than that they fit: $(cat "$party")"
    done
    holds "out-fits-$bound/result.json" '.disclosures | map(.name) | index("shared_rows_fit")'
    ok "shared_rows $bound: as with their number open"
done
no_cores
