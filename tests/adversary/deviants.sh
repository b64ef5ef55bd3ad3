#!/usr/bin/env bash
# A party computes one AND wrongly. Level 0 sees nothing of it, unless the protocol does; replay of its own transcript
# names the step and the frame, and so does evidence that a third person can check. The transcripts of the others
# agree. With rep3-active the run ends, and the deviant is found all the same.
# usage: deviants.sh RINGFENCE DEVIATING_PARTY FORGED_EVIDENCE [small]
# shellcheck source-path=SCRIPTDIR source=../integration/lib.sh
. "$(dirname "$0")/../integration/lib.sh"
# shellcheck source-path=SCRIPTDIR source=../integration/audit_lib.sh
. "$(dirname "$0")/../integration/audit_lib.sh"
deviating_party=$(realpath "$2") forged_evidence=$(realpath "$3")
size=${4:-full}
every=$([ "$size" = full ] && echo 97 || echo 977)
start "$@"

"$ringfence" generate identifiers --banks 4 --customers 120 --out data >/dev/null
new_auditor

# base PROTOCOL [LANES]: keys and an approved study, whose processes are then started by hand
base() {
    cp data/study.yaml study.yaml
    change study.yaml lanes "${2:-1}"
    rm -rf "base-$1" members study
    "$ringfence" run study.yaml --data data --out "base-$1" --quiet --protocol "$1" >/dev/null
    consortium "base-$1" 5 30
    for member in members/*/; do
        [ -e "$member/node.yaml" ] || continue
        cp auditor/member.crt "$member/auditor.crt"
        echo "files: {auditor: auditor.crt}" >>"$member/node.yaml"
    done
    cp "base-$1/consortium/ca/ca.crt" auditor/
}

# with_deviant RUN STEP NUMBER [HOW]: bank-b is the deviant; its transcripts and the others' are RUN's. HOW: forgiven: the others
# go on where a proof fails; else the deviant's last argument
with_deviant() {
    local run=$1 bank how=${4:-} hides=${4:-}
    [ "$how" != forgiven ] || hides=
    rm -rf logs results "$run" "order-$run"-*
    mkdir -p logs results "$run"
    for bank in bank-a bank-c; do
        if [ "$how" = forgiven ]; then
            launch "party-$bank" "$deviating_party" forgive 1 "members/$bank" study "results/$bank" "$run/transcripts"
            continue
        fi
        launch "party-$bank" "$ringfence" party --node "members/$bank" --study study --transcript full \
            --transcripts "$run/transcripts"
    done
    # shellcheck disable=SC2086 # nothing, or one word
    launch deviant "$deviating_party" "$2" "$3" members/bank-b study results/bank-b "$run/transcripts" $hides
    for bank in bank-a bank-b bank-c bank-d; do
        launch "client-$bank" "$ringfence" contribute --node "members/$bank" --study study \
            --data "data/$bank" --out "results/$bank" --transcript full --transcripts "$run/transcripts"
    done
    cp -r members "$run/consortium"
    cp -r study "$run/study"
    cp "$based/consortium/ca/ca.crt" "$run/consortium/" && mkdir -p "$run/consortium/ca" &&
        mv "$run/consortium/ca.crt" "$run/consortium/ca/"
    cp "$based/result.json" "$run/"
}

# found RUN STEP: replay of bank-b names this step and the frame that the deviant says it was
found() {
    local run=$1 frame
    frame=$(sed -n 's/^deviated in step ".*", frame //p' logs/deviant)
    [ -n "$frame" ] || failed "nothing deviated: $(cat logs/deviant)"
    rm -f "$run.evidence"
    replay "$run" bank-b --evidence "$run.evidence"
    [ "$code" = 1 ] || failed "$run: bank-b is not found out: $(cat replay.json replay.err)"
    jq -e --arg step "$2" --argjson frame "$frame" '.outcome == "deviates" and .difference.name == $step and
        .difference.frame.number == $frame and .difference.frame.peer == 0 and
        .difference.frame.bytes.count == 1' replay.json >/dev/null ||
        failed "$run: not step $2, frame $frame: $(cat replay.json)"
    ok "$run: $(jq -r '.difference | "step \(.step) \"\(.name)\": \(.text)"' replay.json)"
}

### rep3: nobody notices, and there is a result
base rep3
based=base-rep3
steps=$(jq -r '.steps[1:][].name' base-rep3/bank-b/party.json)
[ "$(wc -l <<<"$steps")" -gt 3 ] || failed "steps: $steps"
while read -r step; do
    with_deviant quiet "$step" 0
    unnoticed=true
    for who in "${!pid[@]}"; do
        code=0
        wait "${pid[$who]}" || code=$?
        unset "pid[$who]"
        [ "$code" = 0 ] || unnoticed=false
    done
    grep -q "^deviated" logs/deviant || continue # a step without such an AND
    if $unnoticed; then
        expect 0 "checks passed" "$ringfence" audit verify quiet/transcripts --ca auditor/ca.crt
    fi
    found quiet "$step"
    last=$step
    tried=$((${tried:-0} + 1))
    [ "$size" = full ] || break
    [ "$tried" -lt 3 ] || break
done <<<"$steps"
[ "${tried:-0}" -ge 1 ] || failed "no step has an AND: $(cat logs/deviant)"
for party in bank-a bank-c; do # they did what they were to do with what they got
    replay quiet "$party"
    [ "$code" = 0 ] || failed "$party is blamed: $(cat replay.json replay.err)"
done

### a difference that its process has not signed yet is said to be that
found quiet "$last"
jq -e '.difference.signed' replay.json >/dev/null || failed "$(cat replay.json)"
party=$(transcript quiet bank-b party)
signed=$(grep -abo peer_signature "$party" | sed -n 7p | cut -d: -f1) # checkpoints with six end the first step
head -c "$signed" "$party" >unsigned.rft
cp "${party%.rft}.sealed" unsigned.sealed
if [ "$last" = "$(head -n 1 <<<"$steps")" ]; then
    expect 1 "it is not signed" "$ringfence" audit replay unsigned.rft --order order-quiet-bank-b \
        --auditor order-quiet-bank-b.auditor --quiet
fi

### what a third person can check
expect 0 "0 failed, 0 skipped" "$ringfence" audit evidence quiet.evidence --ca auditor/ca.crt
expect 0 "bank-b sent bank-a frame" "$ringfence" audit evidence quiet.evidence --ca auditor/ca.crt
expect 0 '"holds": true' "$ringfence" audit evidence quiet.evidence --ca auditor/ca.crt --json
expect 1 "issued by an unknown CA" "$ringfence" audit evidence quiet.evidence --ca auditors/ca/ca.crt
expect 2 "FILE and --ca are needed" "$ringfence" audit evidence quiet.evidence
bytes=$(stat -c %s quiet.evidence) flips=0
for ((at = 0; at < bytes; at += every)); do
    cp quiet.evidence flipped
    byte=$(od -An -tu1 -j "$at" -N 1 flipped)
    printf '%b' "\\x$(printf %02x $((byte ^ 32)))" |
        dd of=flipped bs=1 seek="$at" conv=notrunc status=none
    code=0
    "$ringfence" audit evidence flipped --ca auditor/ca.crt >out 2>&1 || code=$?
    [ "$code" = 1 ] || [ "$code" = 2 ] || failed "evidence with byte $at changed: $code: $(cat out)"
    flips=$((flips + 1))
done
ok "evidence: $(tail -n 1 out); $flips changed bytes, none passes"

### what it is worth from somebody who only has the transcript, and what an auditor may not say
"$ringfence" keys quick stranger --out strangers >/dev/null
cp -r strangers/stranger stranger
cp auditor/ca.crt stranger/
forge() { # forge CHANGE FOLDER WHY: one check fails, and says why
    rm -f forged.evidence
    "$forged_evidence" "$1" "$(transcript quiet bank-b party)" quiet.evidence "$2" forged.evidence
    expect 1 "$3" "$ringfence" audit evidence forged.evidence --ca auditor/ca.crt
    grep -q "1 failed" out || failed "$1: $(cat out)"
}
forge none stranger "bank-b recorded for another auditor"
forge header stranger "the header is not the first record of what bank-b signed"
forge zeros auditor "what was expected is no leaf"
forge same auditor "what was sent has the leaf that was expected"
"$forged_evidence" none "$(transcript quiet bank-b party)" quiet.evidence auditor again.evidence
expect 0 "0 failed, 0 skipped" "$ringfence" audit evidence again.evidence --ca auditor/ca.crt
"$forged_evidence" nothing "$(transcript quiet bank-b party)" quiet.evidence auditor nothing.evidence
expect 0 "the auditor found no frame" "$ringfence" audit evidence nothing.evidence --ca auditor/ca.crt
ok "evidence by a stranger, or with a leaf that is none, does not hold"

### rep3-active: the others stop, and its own transcript says who it was
base rep3-active
based=base-rep3-active
with_deviant active "find shared tokens" 0
for who in "${!pid[@]}"; do
    ends "$who" 1 60
done
found active "find shared tokens"
for party in bank-a bank-c; do
    replay active "$party"
    [ "$code" = 0 ] || failed "$party is blamed: $(cat replay.json replay.err)"
    jq -e '.outcome == "partly"' replay.json >/dev/null || failed "$party: $(cat replay.json)"
done

### it hides that: nothing is sealed from there on, or no opening recorded
hidden() { # hidden HOW TEXT
    with_deviant "$1" "find shared tokens" 0 "$1"
    for who in "${!pid[@]}"; do
        ends "$who" 1 60
    done
    grep -q "^deviated" logs/deviant || failed "$1: nothing deviated: $(cat logs/deviant)"
    replay "$1" bank-b
    [ "$code" = 1 ] || failed "$1: is not found out: $(cat replay.json replay.err)"
    jq -e --arg text "$2" '.outcome == "deviates" and .difference.signed and (.difference.text | test($text))' \
        replay.json >/dev/null || failed "$1: $(cat replay.json)"
    ok "$1 are hidden: $(jq -r '.difference | "step \(.step) \"\(.name)\": \(.text)"' replay.json)"
}
hidden sealed "what is sealed ends before frame .* which is recorded"
hidden openings "value 0 that was opened is recorded otherwise"
expect 1 "not all that it opened is recorded" "$ringfence" audit verify openings/transcripts --ca auditor/ca.crt

### in another lane than the one that comes to its end first
base rep3-active 3
with_deviant lanes "find shared tokens" 0 2
for who in "${!pid[@]}"; do
    ends "$who" 1 60
done
found lanes "find shared tokens"
jq -e '.difference.lane == 2' replay.json >/dev/null || failed "$(cat replay.json)"
for party in bank-a bank-c; do
    replay lanes "$party"
    [ "$code" = 0 ] || failed "$party is blamed: $(cat replay.json replay.err)"
done
base rep3-active

### the others see that a proof does not hold, and go on: then the run ends, and whoever went on is found
with_deviant forgiven "find shared tokens" 0 forgiven
for who in "${!pid[@]}"; do
    ends "$who" 1 60
done
grep -q "^forgave" logs/party-bank-a logs/party-bank-c || failed "nobody forgave: $(cat logs/party-bank-a)"
went_on=0
for party in bank-a bank-c; do
    replay forgiven "$party"
    [ "$code" = 1 ] || continue
    jq -e '.outcome == "deviates" and (.difference.text | test("here it should have stopped: the proof of party"))' \
        replay.json >/dev/null || failed "$party: $(cat replay.json)"
    went_on=$((went_on + 1))
    ok "$party: $(jq -r '.difference | "step \(.step) \"\(.name)\": \(.text)"' replay.json)"
done
[ "$went_on" -ge 1 ] || failed "nobody is found to have gone on: $(cat replay.json replay.err)"

### it withholds its transcript: that is what verify says, and nobody else is blamed
rm active/transcripts/bank-b-party-*
code=0
"$ringfence" audit verify active/transcripts --ca active/consortium/ca/ca.crt --all --json >verdict.json || code=$?
[ "$code" = 1 ] || failed "withheld: $code: $(cat verdict.json)"
jq -e '.checks[] | select(.name == "present") | .state == "failed" and (tostring | test("bank-b"))' \
    verdict.json >/dev/null || failed "withheld: $(cat verdict.json)"
ok "withheld: $(jq -c '.checks[] | select(.name == "present")' verdict.json)"
nobody_left
no_cores
