#!/usr/bin/env bash
# Members that lie: a contributor whose shares do not agree, a party that shows what nobody signed or hands
# out wrong shares of the result. Everybody else ends with exit code 1 and names who it was.
# usage: liars.sh RINGFENCE LYING_MEMBER [small]
# shellcheck source-path=SCRIPTDIR source=../integration/lib.sh
. "$(dirname "$0")/../integration/lib.sh"
lying_member=$(realpath "$2")
size=${3:-full}
start "$@"

banks="bank-a bank-b bank-c bank-d"
"$ringfence" generate identifiers --banks 4 --customers 80 --out data >/dev/null
"$ringfence" run data/study.yaml --data data --out base --quiet >/dev/null
consortium base 5 30

# everyone_but WHO: all processes of the study but the one whose place the liar takes
everyone_but() {
    local bank
    rm -rf logs results
    mkdir logs results
    for bank in "${parties[@]}"; do
        [ "party-$bank" = "$1" ] || party "$bank"
    done
    for bank in $banks; do
        [ "client-$bank" = "$1" ] || client "$bank" "data/$bank"
    done
}

# contributor LIE TEXT PARTY...: bank-d tells it; one of these parties, whichever looks first, finds out
contributor() {
    chosen "$1" || return 0
    everyone_but client-bank-d
    launch liar "$lying_member" "$1" contribute members/bank-d study results/bank-d data/bank-d
    over "$1" bank-d
    found_by "$1" "$2" "${@:3}"
}

# party_lies LIE TEXT WHO...: the same of bank-b as a party
party_lies() {
    chosen "$1" || return 0
    everyone_but party-bank-b
    launch liar "$lying_member" "$1" party members/bank-b study results/bank-b
    over "$1" bank-b
    found_by "$1" "$2" "${@:3}"
}

# Under sanitizers, one lie of each sort.
chosen() {
    [ "$size" = full ] || [[ " wrong-bytes two-records nonsense invented-record other-tree wrong-share " == *" $1 "* ]]
}

found_by() {
    local lie=$1 text=$2 who
    shift 2
    for who in "$@"; do
        if grep -qE -- ": error: $text" "logs/$who"; then
            ok "$lie: $who: $(grep -h ': error: ' "logs/$who" | cut -d: -f3-)"
            return
        fi
    done
    failed "$lie: nobody says '$text': $(grep ': error: ' logs/*)"
}

# over LIE NAME: all end with 1 and name the member; nobody has a result
over() {
    local who
    for who in "${!pid[@]}"; do
        ends "$who" 1
        [ "$who" = liar ] || says "$who" "$2"
    done
    ! grep -h ': error: .*gave up at step.*gave up at step' logs/* || failed "$1: what was passed on is told twice"
    ! grep "nothing was said" logs/liar || failed "$1 is no lie"
    ! find results -name 'result.*' | grep . || failed "$1: somebody has a result"
    nobody_left
}

### what the liar would be without a lie
everyone_but client-bank-d
launch liar "$lying_member" none contribute members/bank-d study results/bank-d data/bank-d
for who in "${!pid[@]}"; do
    ends "$who" 0
done
cmp <(statistics base/result.json) <(statistics results/bank-d/result.json)

### shares that are not what was committed to
contributor wrong-seed "bank-d gave a share that is not the one it committed to" party-bank-b
contributor wrong-bytes "bank-d gave a share that is not the one it committed to" party-bank-c
contributor wrong-salt "bank-d gave a share that is not the one it committed to" party-bank-b
contributor two-records "bank-d gave shares .* do not agree .* two different records" party-bank-{a,b,c}
contributor fewer-bytes "bank-d" party-bank-c
contributor more-bytes "bank-d" party-bank-c
contributor wrong-form "bank-d gives a share in the wrong form" party-bank-c

### records that are not what they have to be
contributor strange-key "bank-d sent a record that its key did not sign" party-bank-{a,b,c}
contributor old-record "bank-d signed an input record of another member, study" party-bank-{a,b,c}
contributor other-member "bank-d signed an input record of another member, study" party-bank-{a,b,c}
contributor fewer-rows "bank-d gives [0-9]+ rows .* where the manifest says" party-bank-{a,b,c}
contributor nonsense "bank-d sent a message that is malformed" party-bank-b

### a party that shows what a contributor did not sign, or leaves it out
party_lies invented-record "bank-b shows a record of bank-d that bank-d did not sign" party-bank-{a,c}
party_lies lost-record "bank-b sent a message that is malformed" party-bank-{a,c}

### a party that commits to other shares of the result than those it holds
party_lies wrong-hashes "bank-b and we hold different copies of one share of the output" party-bank-{a,c}
party_lies old-hashes "bank-b signed an output record of another party, study" party-bank-{a,c}
party_lies strange-hashes "bank-b sent a record that its key did not sign" party-bank-{a,c}

### checkpoints: somebody who says or signs something else than both ends have; whoever looks first finds it
contributor other-chain "bank-d keeps another hash chain of what it sent" party-bank-{a,b,c}
party_lies other-checkpoint "bank-b is at checkpoint 2 where we are at 1" party-bank-{a,c} client-bank-{a,b,c,d}
party_lies other-tree "bank-b did not sign checkpoint 1" party-bank-{a,c} client-bank-{a,b,c,d}
party_lies no-signature "bank-b did not sign checkpoint 1" party-bank-{a,c} client-bank-{a,b,c,d}

### or hands out others than it committed to
party_lies wrong-share "bank-b gave a share that is not the one it signed" client-bank-{a,b,c,d}
party_lies wrong-share-signed "bank-. and bank-. gave different copies of one share" client-bank-{a,b,c,d}
party_lies no-shares "bank-b gave no shares of the result" client-bank-{a,b,c,d}
party_lies short-shares "bank-b gave no shares of the result, or wrong ones" client-bank-{a,b,c,d}
no_cores
