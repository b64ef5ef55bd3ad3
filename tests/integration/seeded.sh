#!/usr/bin/env bash
# Two honest runs with the same seeds, session and epoch leave the same transcripts, byte by byte, where clocks stand
# still; nothing that would help to guess a share is in them.
# usage: seeded.sh RINGFENCE SEEDED_MEMBER LEAK_SEARCH
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
seeded=$(realpath "$2") leak_search=$(realpath "$3")
start "$@"
banks="bank-a bank-b bank-c"

"$ringfence" generate both --banks 3 --customers 200 --out data >/dev/null
"$ringfence" run data/study.yaml --data data --out base --quiet >/dev/null
consortium base 5 60
RF_SEEDED_TIME=$(date +%s)
export RF_SEEDED_TIME

# attempt NAME: all processes, whose transcripts are then in ./NAME
attempt() {
    local bank
    rm -rf logs results members/*/epochs
    mkdir logs results
    for bank in $banks; do
        launch "party-$bank" "$seeded" party "members/$bank" study "results/$bank" "$1"
        launch "client-$bank" "$seeded" contribute "members/$bank" study "results/$bank" "$1" "data/$bank"
    done
    for bank in $banks; do
        ends "party-$bank" 0 120
        ends "client-$bank" 0 120
    done
}

attempt one
attempt two
[ "$(find one -name '*.rft' | wc -l)" = 6 ] || failed "not six transcripts"
diff -r one two || failed "transcripts differ"
verify=("$ringfence" audit verify --ca base/consortium/ca/ca.crt --all)
"${verify[@]}" one >verdict || failed "$(cat verdict)"
ok "the same bytes twice: $(cat one/* | sha256sum | cut -c1-16), $(cat one/* | wc -c) bytes"

### the same for any instruction set, until the first checkpoint signs the header, which says which it was
RINGFENCE_CPU=portable attempt portable
until_checkpoint() {
    "$ringfence" audit show "$1" | sed -e 1d -e '/"type":"checkpoint"/,$d'
}
for record in one/*; do
    until_checkpoint "$record" >expected
    grep -q '"type":"frames"' expected || failed "$record: no frames"
    until_checkpoint "portable/$(basename "$record")" | cmp expected - ||
        failed "$record: other frames with portable kernels"
done
ok "the same frames up to the first checkpoint with portable kernels"

### no seed, key or salt in what was recorded
"$seeded" secrets study >known
leaked=0
"$leak_search" known one/*.rft >found || leaked=$?
[ "$leaked" = 0 ] || failed "transcripts hold secrets"
grep -E "^(seed|contribution|root|pairkey|share|salt): 0 of [1-9]" found >kinds
[ "$(wc -l <kinds)" = 6 ] || failed "not all was looked for: $(cat found)"
for kind in seed contribution root pairkey share salt; do # each of which would be found
    secret=$(grep "^$kind " known | shuf -n 1)
    bytes=$(cut -d' ' -f2 <<<"$secret" | sed 's/../\\x&/g')
    record=$(find one -name '*.rft' | shuf -n 1)
    cp "$record" with.rft
    printf '%b' "RT$bytes" >>with.rft
    echo "$secret" >one_secret
    if "$leak_search" one_secret with.rft >/dev/null; then
        failed "$kind would not be found"
    fi
done
ok "none of $(wc -l <known) seeds, keys and salts: $(tr '\n' ' ' <kinds)"
nobody_left
no_cores
