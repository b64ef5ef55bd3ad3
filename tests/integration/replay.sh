#!/usr/bin/env bash
# Full transcripts, from the run to the replay: every process is executed again and agrees, on every processor's
# kernels; what is sealed opens for its auditor alone; orders name one party, and a second is refused by all.
# usage: replay.sh RINGFENCE full|small
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=audit_lib.sh
. "$(dirname "$0")/audit_lib.sh"
start "$@"
size_step=$([ "$2" = full ] && echo 61 || echo 331)
turns=$([ "$2" = full ] && echo 25 || echo 5)

"$ringfence" generate both --banks 4 --customers 300 --out data >/dev/null
new_auditor
full_run made data/study.yaml data
auditors made

### every process agrees with its transcript, and the result is what plain says
"$ringfence" plain data/study.yaml --data data --json >plain.json
cmp <(statistics plain.json) <(statistics made/result.json) || failed "the result is not plain's"
expect 0 "checks passed" "$ringfence" audit verify made/transcripts --ca "$ca"
for party in bank-a bank-b bank-c; do
    agrees made "$party"
done
for bank in bank-a bank-b bank-c bank-d; do
    expect 0 "client of generated-both, epoch 1: agrees" "$ringfence" audit replay \
        "$(transcript made "$bank" client)" --auditor auditor --quiet
done
ok "three parties and four contributors: $(jq -c .compared replay.json)"

### a contributor's rows are made of its tables
tables() { # tables CODE TEXT DATA
    expect "$1" "$2" "$ringfence" audit replay "$(transcript made bank-b client)" --auditor auditor --quiet \
        --data "$3" --contributor made/consortium/bank-b
}
tables 0 "agrees" data/bank-b
cp -r data/bank-b edited
awk -F, -v OFS=, 'NR == 2 { $2 += 1 } { print }' data/bank-b/customers.csv >edited/customers.csv
tables 1 "is not what the tables give" edited
tables 2 "is bank-b" data/bank-c
expect 2 "--data and --contributor go together" "$ringfence" audit replay x.rft --auditor auditor --data data

### on other kernels
for cpu in portable avx2 avx512; do
    grep -q -m1 -w "${cpu/avx512/avx512f}" /proc/cpuinfo || [ "$cpu" = portable ] || continue
    RINGFENCE_CPU=$cpu agrees made bank-b
done

### a run without proofs
full_run passive data/study.yaml data --protocol rep3
agrees passive bank-a
### a party of three lanes, each with links and randomness of its own
cp data/study.yaml lanes.yaml
change lanes.yaml lanes 3
full_run lanes lanes.yaml data
for party in bank-a bank-b bank-c; do
    agrees lanes "$party"
done
ok "rep3, and three lanes"

### the banks of AMLSim
if [ "$2" = full ] && [ -d "$shared/amlsim-banks" ]; then
    "$ringfence" import amlsim "$shared/amlsim-banks" --out amlsim >/dev/null
    full_run simulated amlsim/study.yaml amlsim
    agrees simulated bank-a
    agrees simulated bank-c
    ok "AMLSim: $(jq -c .compared replay.json)"
fi

### nothing of level chain, nobody else's, and no party's without an order
"$ringfence" run data/study.yaml --data data --out chain --quiet >/dev/null
expect 2 "is of level chain" "$ringfence" audit replay "$(transcript chain bank-a client)" --auditor auditor
expect 2 "an order of all contributors that names it is needed" \
    "$ringfence" audit replay "$(transcript made bank-a party)" --auditor auditor
"$ringfence" keys quick auditor --out others >/dev/null
cp "$ca" others/auditor/ca.crt
expect 1 "is sealed to another auditor's certificate" \
    "$ringfence" audit replay "$(transcript made bank-a client)" --auditor others/auditor
expect 2 "TRANSCRIPT and --auditor are needed" "$ringfence" audit replay
expect 0 "--order=FOLDER" "$ringfence" audit replay --help

### a node without an auditor cannot record so, nor one whose auditor is a party
expect 2 "a full transcript is sealed to an auditor" "$ringfence" party --node chain/consortium/bank-a \
    --study chain/study --transcript full
sed 's/^files:.*//' chain/consortium/bank-a/node.yaml >node.yaml
echo "files: {auditor: ../bank-b/member.crt}" >>node.yaml
cp node.yaml chain/consortium/bank-a/node.yaml
expect 1 "is bank-b's, a party of this study" "$ringfence" party --node chain/consortium/bank-a \
    --study chain/study --transcript full

### orders: one party of a session
order made bank-a first
mv first.nodes nodes
second=$(transcript made bank-b party)
expect 0 "4 checks, 0 failed" "$ringfence" audit order check first --ca "$ca"
expect 0 '"holds": true' "$ringfence" audit order check first --node nodes/bank-d --json
"$ringfence" audit order make --study made/study --party bank-b --reason "again" --transcript "$second" \
    --auditor auditor/member.crt --out again >/dev/null
for bank in bank-a bank-d; do
    expect 1 "an order named bank-a (party 0) for this session before" \
        "$ringfence" audit order sign again --node "nodes/$bank" --yes
done
[ ! -e again/bank-a.order ] || failed "signed all the same"
expect 0 "has signed" "$ringfence" audit order sign first --node nodes/bank-a --yes # the same again
expect 1 "bank-a has not signed this order" "$ringfence" audit order release "$second" --order again \
    --node nodes/bank-b --out released
for bank in bank-a bank-b bank-c bank-d; do # they have forgotten; the party and the auditor have not
    rm -rf "forgetful/$bank"
    mkdir -p forgetful
    cp -r "made/consortium/$bank" forgetful/
    "$ringfence" audit order sign again --node "forgetful/$bank" --yes >/dev/null
done
expect 0 "released" "$ringfence" audit order release "$(transcript made bank-a party)" --order first \
    --node nodes/bank-a --out released
cp -r nodes/bank-a/orders nodes/bank-b/ # bank-b has signed the first, too
expect 2 "the order names bank-a, and it releases" "$ringfence" audit order release \
    "$(transcript made bank-a party)" --order first --node nodes/bank-b --out released-by-another
expect 1 "there can be no order for bank-b" "$ringfence" audit order release "$second" --order again \
    --node nodes/bank-b --out released
expect 1 "the order names bank-a, party 0, and nobody else" \
    "$ringfence" audit replay "$second" --order first --auditor auditor
expect 0 "agrees" "$ringfence" audit replay released/*.rft --order first --auditor auditor --quiet
expect 1 "there can be no order for bank-b" \
    "$ringfence" audit replay "$second" --order again --auditor auditor
expect 2 "released" "$ringfence" audit order release "$(transcript made bank-a party)" --order first \
    --node nodes/bank-a --out released
ok "a second order is refused by contributors, party and auditor: $(cat out)"

### orders that are not what they should be
expect 2 "is no party of the study" "$ringfence" audit order make --study made/study --party bank-d \
    --transcript "$second" --auditor auditor/member.crt --reason r --out wrong
expect 1 "an auditor must be none" "$ringfence" audit order make --study made/study --party bank-a \
    --transcript "$second" --auditor made/consortium/bank-c/member.crt --reason r --out wrong
expect 2 "--session: 32 hexadecimal digits" "$ringfence" audit order make --study made/study --party bank-a \
    --session 12 --auditor auditor/member.crt --reason r --out wrong
expect 2 "$(transcript passive bank-a party): is of another study than made/study: manifest " \
    "$ringfence" audit order make --study made/study --party bank-a --transcript "$(transcript passive bank-a party)" \
    --auditor auditor/member.crt --reason r --out wrong
expect 2 "one says of which session" "$ringfence" audit order make --study made/study --party bank-a \
    --transcript "$second" --transcript "$second" --auditor auditor/member.crt --reason r --out wrong
[ ! -e wrong ] || failed "there is an order that was refused"
expect 2 "of which session?" "$ringfence" audit order make --study made/study --party bank-a \
    --auditor auditor/member.crt --reason r --out wrong
expect 1 "the order is for another session" "$ringfence" audit replay "$(transcript passive bank-a party)" \
    --order first --auditor auditor
flips=0
for file in first/*; do
    bytes=$(stat -c %s "$file")
    cp -r first flipped
    for ((at = 0; at < bytes; at += size_step)); do
        byte=$(od -An -tu1 -j "$at" -N 1 "$file")
        printf '%b' "\\x$(printf %02x $((byte ^ 4)))" |
            dd of="flipped/$(basename "$file")" bs=1 seek="$at" conv=notrunc status=none
        code=0
        "$ringfence" audit order check flipped --ca "$ca" >out 2>&1 || code=$?
        [ "$code" = 1 ] || [ "$code" = 2 ] || [[ $file == *.crt ]] || failed "$file, byte $at: $code: $(cat out)"
        [ "$code" -le 2 ] || failed "$file, byte $at: ends with $code"
        flips=$((flips + 1))
        cp "$file" flipped/
    done
    rm -rf flipped
done
ok "$flips changed bytes of an order: it does not hold"

### what is sealed or recorded is changed: never agreement, never a crash
party=$(transcript made bank-a party) sealed=${party%.rft}.sealed
changed() { # changed FILE AT: one byte of it, and what replay says
    local file=$1 at=$2 byte
    cp "$party" changed.rft
    cp "$sealed" changed.sealed
    byte=$(od -An -tu1 -j "$at" -N 1 "$file")
    printf '%b' "\\x$(printf %02x $((byte ^ 16)))" |
        dd of="changed.${file##*.}" bs=1 seek="$at" conv=notrunc status=none
    code=0
    "$ringfence" audit replay changed.rft --order first --auditor auditor --quiet --evidence changed.evidence \
        >out 2>&1 || code=$?
    # A record that claims to be longer than the rest of the file looks like one that a crash cut short.
    [ "$code" = 1 ] || [ "$code" = 2 ] || { [ "$code" = 0 ] && grep -q "it is incomplete" out; } ||
        failed "$file, byte $at: ends with $code: $(cat out)"
}
for file in "$party" "$sealed"; do
    bytes=$(stat -c %s "$file")
    for ((turn = 0; turn < turns; turn++)); do
        changed "$file" $(((RANDOM * 32768 + RANDOM) % bytes))
    done
done
for cut in 1 100 50000; do
    cp "$party" changed.rft
    head -c -"$cut" "$sealed" >changed.sealed
    expect 1 "is cut short" "$ringfence" audit replay changed.rft --order first --auditor auditor --quiet
done
first_checkpoint=$(grep -abo peer_signature "$party" | head -n 1 | cut -d: -f1)
head -c "$first_checkpoint" "$party" >changed.rft
cp "$sealed" changed.sealed
expect 1 "nothing in it is signed by the process" "$ringfence" audit replay changed.rft --order first \
    --auditor auditor --quiet
# another signature at the end, chained as it should be: the link is SHA-256 of the link before and the record
ending=$(LC_ALL=C grep -abo -P 'RT\x01\x0f' "$party" | tail -n 1 | cut -d: -f1)
bytes=$(stat -c %s "$party")
byte=$(od -An -tu1 -j $((bytes - 33)) -N 1 "$party")
{
    head -c $((bytes - 33)) "$party"
    printf '%b' "\\x$(printf %02x $((byte ^ 1)))"
} >changed.rft
link=$(tail -c +$((ending - 31)) changed.rft | sha256sum | cut -d' ' -f1)
for ((i = 0; i < 64; i += 2)); do
    printf '%b' "\\x${link:i:2}" >>changed.rft
done
expect 1 "does not hold by itself (signed)" "$ringfence" audit replay changed.rft --order first \
    --auditor auditor --quiet
cp "$(transcript made bank-b party)" changed.rft
cp "$sealed" changed.sealed
order made bank-b third
expect 1 "is not the one that the transcript names" "$ringfence" audit replay changed.rft --order third \
    --auditor third.auditor --quiet
ok "$((2 * turns)) changed bytes, sealed files cut or exchanged: no agreement"

### a process that is killed leaves a transcript that agrees as far as it goes
"$ringfence" generate both --banks 4 --customers 4000 --out many >/dev/null
change many/study.yaml lanes 2
"$ringfence" run many/study.yaml --data many --out base --quiet >/dev/null
consortium base 3 30
for member in members/*/; do
    [ -e "$member/node.yaml" ] || continue
    cp auditor/member.crt "$member/auditor.crt"
    echo "files: {auditor: auditor.crt}" >>"$member/node.yaml"
done
for bank in bank-a bank-b bank-c; do
    launch "party-$bank" "$ringfence" party --node "members/$bank" --study study --transcript full \
        --transcripts recorded/transcripts
done
for bank in bank-a bank-b bank-c bank-d; do
    launch "client-$bank" "$ringfence" contribute --node "members/$bank" --study study --data "many/$bank" \
        --out "results/$bank" --transcript full --transcripts recorded/transcripts
done
wait_for party-bank-b "sort" 60
hit party-bank-b KILL
for who in "${!pid[@]}"; do
    ends "$who" 1
done
cp base/result.json recorded/
cp -r base/consortium base/study recorded/
partly() { # partly PARTY WHY
    replay recorded "$1"
    [ "$code" = 0 ] || failed "$1: $code: $(cat replay.json replay.err)"
    jq -e --arg why "$2" '.outcome == "partly" and (.ended | test($why))' replay.json >/dev/null ||
        failed "$1: $(cat replay.json)"
}
partly bank-b incomplete
partly bank-a bank-b
ok "killed: $(jq -r .ended replay.json)"
nobody_left
no_cores
