#!/usr/bin/env bash
# Third-party data: run and plain write the same statistics of AMLSim's three banks and of AMLworld's
# laundering attempts, in both of its layouts.
# usage: third_party.sh RINGFENCE [small]      small: not as imported, and one layout
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
start "$@"
size=${2:-full}
[ -d "$shared" ] || skip "no third-party data at ../shared/data"

# imported NAME FORMAT SOURCE...: the study as imported, and once more with every cell shown
imported() {
    local name=$1
    shift
    "$ringfence" import "$@" --out "$name" >"$name.import" || failed "cannot import $*"
    [ "$size" != full ] || same "$name" "$name/study.yaml" "$name"
    cp "$name/study.yaml" "$name-all.yaml"
    change "$name-all.yaml" min_cell 0
    same "$name-all" "$name-all.yaml" "$name"
    ok "$(cat "$name.import"): $(jq -c .statistics.rings.total "out-$name-all/result.json")"
}

imported amlsim amlsim "$shared/amlsim-banks"
holds out-amlsim-all/result.json '.study | .link == "transfers" and (.members | length) == 3'
holds out-amlsim-all/result.json '.statistics.rings.total | . == {"shown": true, "rings": 100, "members": 753, "exposure": "5628491967"}'
[ "$(cat amlsim/*/customers.csv | wc -l)" = 20003 ] || failed "AMLSim: not 20,000 accounts"

imported trans amlworld "$shared/amlworld-hi-small/HI-Small_Pattern_Trans.csv" --members 5
holds out-trans-all/result.json '(.study.members | length) == 5 and .statistics.rings.total.rings > 0'
if [ "$size" = full ]; then
    imported patterns amlworld "$shared/amlworld-hi-small/HI-Small_Patterns.txt" --members 5
    cmp <(statistics out-trans-all/result.json) <(statistics out-patterns-all/result.json) ||
        failed "the two layouts of AMLworld give different statistics"
fi
no_cores
