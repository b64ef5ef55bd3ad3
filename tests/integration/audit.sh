#!/usr/bin/env bash
# A study is run and audited: everything holds; then whatever was changed, mixed or cut is found. A party that is
# killed, and one that lies, leave transcripts that say so and are good up to their last checkpoint.
# usage: audit.sh RINGFENCE FORGER LYING_MEMBER [small]
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
forger=$(realpath "$2") lying_member=$(realpath "$3") size=${4:-full}
start "$@"

# verify WANTED ARGUMENT...: its exit code; what it prints is in ./verdict
verify() {
    local wanted=$1 code=0
    shift
    "$ringfence" audit verify --ca base/consortium/ca/ca.crt "$@" >verdict 2>&1 || code=$?
    [ "$code" = "$wanted" ] || failed "verify $* gives $code, not $wanted: $(cat verdict)"
}

# state CHECK STATE: what verify said of a check
state() {
    grep -qE "^$1 +$2" verdict || failed "check $1 is not $2: $(cat verdict)"
}

# only CHECK...: these failed and no others
only() {
    local check
    for check in "$@"; do
        state "$check" failed
    done
    [ "$(grep -cE "^[a-z]+ +(failed|unknown)" verdict)" = $# ] || failed "not only $*: $(cat verdict)"
}

"$ringfence" generate both --banks 3 --customers 60 --out data >/dev/null
"$ringfence" run data/study.yaml --data data --out base --quiet >/dev/null
records=(base/transcripts/*.rft)

### an honest run
[ "${#records[@]}" = 6 ] || failed "not six transcripts: ${records[*]}"
verify 0 --all base/transcripts
grep -q "^All 16 checks passed" verdict || failed "$(cat verdict)"
"$ringfence" audit verify --ca base/consortium/ca/ca.crt --json --html page.html "${records[@]}" >verdict.json
jq -e '.holds and (.checks | length == 16 and all(.state == "passed")) and
    (.transcripts | length == 6 and all(.end == "closed"))' verdict.json >/dev/null ||
    failed "$(cat verdict.json)"
if command -v xmllint >/dev/null; then
    xmllint --noout --nonet page.html || failed "the page is not well-formed"
fi
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -n "$browser" ]; then
    timeout 120 "$browser" --headless --no-sandbox --disable-gpu --no-first-run --disable-sync \
        --disable-background-networking --disable-component-update --disable-dev-shm-usage \
        --user-data-dir="$work/profile" --dump-dom "file://$work/page.html" >page.dom 2>browser.log ||
        failed "$(cat browser.log)"
    grep -q '<p class="verdict">All 16 checks passed.</p>' page.dom || failed "no verdict on the page"
    [ "$(grep -o '<td class="state passed">' page.dom | wc -l)" = 16 ] || failed "not 16 checks on the page"
else
    echo "SKIPPED: no Chromium here; the page was not looked at"
fi
expect 2 "exists already" "$ringfence" audit verify --ca base/consortium/ca/ca.crt --html "${records[0]}" "${records[@]}"
verify 0 --all base/transcripts # not written over
"$ringfence" audit show "${records[0]}" >shown
jq -e -s '(.[0].type == "header") and (.[-1].type == "signature")' shown >/dev/null || failed "$(head -c 900 shown)"
ok "an honest run holds: $(grep -c . shown) records in ${records[0]##*/}"

### what was declared, counted and planned is in the record of every party
for record in base/transcripts/*-party-*; do
    "$ringfence" audit show "$record" >shown
    member=$(basename "$record") member=${member%%-party-*}
    jq -s '[.[] | select(.type == "end") | .body | [.declared_bytes, .bytes, .declared_rounds, .rounds]]' shown >ends
    jq '[.steps[] | [.declared.bytes, .counted.bytes, .declared.rounds, .counted.rounds]]' \
        "base/$member/party.json" >steps
    cmp ends steps || failed "$record and party.json disagree: $(diff ends steps)"
done
ok "transcripts and party.json agree on every step"

### fewer transcripts: open questions, but nothing failed
verify 0 base/transcripts/bank-b-party-*
state links open
state present open
verify 1 --all base/transcripts/bank-b-party-*
only present
verify 0 base/transcripts/*-client-*
state steps open
verify 0 base/transcripts/bank-a-* base/transcripts/bank-c-party-*
ok "one party's, all clients', and some transcripts alone"

### two sessions mixed; one of them twice; a CA that issued none of it; no transcript
"$ringfence" run data/study.yaml --data data --out other --quiet >/dev/null
mkdir mixed
cp "${records[@]}" mixed
rm mixed/bank-c-party-*
cp other/transcripts/bank-c-party-* mixed
verify 1 mixed
state session failed
cp base/transcripts/bank-c-party-* mixed
cp base/transcripts/bank-a-party-* mixed/bank-a-party-again.rft
rm mixed/bank-c-party-"$(basename other/transcripts/bank-c-party-* | cut -d- -f4-)"
verify 1 mixed
only session
expect 1 "error: no member's certificate is from the CAs of other/consortium/ca/ca.crt" \
    "$ringfence" audit verify --ca other/consortium/ca/ca.crt base/transcripts
mv out verdict
grep -q "^The certificates are not from the CAs given" verdict || failed "$(cat verdict)"
state certificates failed
for check in approvals signed inputs checkpoints outputs result; do
    state $check unknown
done
[ "$(grep -c "unknown  skipped: without the right certificates" verdict)" = 6 ] || failed "$(cat verdict)"
[ "$(grep -c "^ *- " verdict)" = 1 ] || failed "more than one thing is found: $(cat verdict)"
grep -q "^1 of 16 checks failed, 6 could not be asked" verdict || failed "$(cat verdict)"
# One CA too many does no harm.
for part in other base; do
    cat $part/consortium/ca/ca.crt
done >both.crt
expect 0 "All 16 checks passed" "$ringfence" audit verify --ca both.crt base/transcripts
expect 2 "there is no transcript" "$ringfence" audit verify --ca other/consortium/ca/ca.crt data
expect 2 "are needed" "$ringfence" audit verify base/transcripts
ok "sessions mixed, a transcript twice, another CA"

### changed afterwards, by a thief and by members themselves
if [ "$size" = full ]; then
    "$forger" base/transcripts base/consortium 2000 >forged || failed "$(cat forged)"
else
    "$forger" base/transcripts base/consortium 200 >forged || failed "$(cat forged)"
fi
ok "$(tail -n 1 forged)"

### several lanes
if [ "$size" = full ]; then
    cp data/study.yaml lanes.yaml
    change lanes.yaml lanes 3
    "$ringfence" run lanes.yaml --data data --out lanes --quiet >/dev/null
    "$ringfence" audit verify --ca lanes/consortium/ca/ca.crt --all lanes/transcripts >verdict ||
        failed "$(cat verdict)"
    ok "three lanes"
fi

### a party that is killed: incomplete, and good up to its last checkpoint; what the others wrote says why
rm -rf data
"$ringfence" generate identifiers --banks 3 --customers 12000 --out data >/dev/null
mv base first
"$ringfence" run data/study.yaml --data data --out base --quiet >/dev/null
consortium base 2 30
for bank in bank-a bank-b bank-c; do
    party "$bank"
    client "$bank" "data/$bank"
done
wait_for party-bank-a "label rings" 60
hit party-bank-b KILL
for who in party-bank-a party-bank-c client-bank-a client-bank-b client-bank-c; do
    ends "$who" 1 30
done
verify 1 members/*/transcripts
only complete
grep -q "bank-b-party-.*incomplete" verdict || failed "$(cat verdict)"
grep -qE "bank-a-party-.*gave up at step [0-9]+ .*bank-b" verdict || failed "$(cat verdict)"
"$ringfence" audit show members/bank-b/transcripts/bank-b-party-* >shown
[ "$(jq -s '[.[] | select(.type == "checkpoint")] | length' shown)" -ge 8 ] || failed "no checkpoints before the end"
ok "a party killed: $(grep bank-b-party verdict)"

### the next attempt is another epoch with transcripts of its own
for bank in bank-a bank-b bank-c; do
    party "$bank"
    client "$bank" "data/$bank"
done
for bank in bank-a bank-b bank-c; do
    ends "party-$bank" 0 120
    ends "client-$bank" 0 120
done
verify 0 --all members/*/transcripts/*-3.rft
verify 1 members/*/transcripts
state session failed
ok "the next attempt: epoch 3 holds"

### a party that lies: who found it names it, and what both ends signed up to there holds
rm -rf members/*/transcripts results logs
mkdir results logs
for bank in bank-a bank-c; do
    party "$bank"
done
for bank in bank-a bank-b bank-c; do
    client "$bank" "data/$bank"
done
launch party-bank-b "$lying_member" wrong-hashes party members/bank-b study results/bank-b
for who in party-bank-a party-bank-b party-bank-c client-bank-a client-bank-b client-bank-c; do
    ends "$who" 1 120
done
verify 1 members/*/transcripts
state complete failed
state chains passed
state checkpoints passed
state steps passed
grep -qE "gave up at step .*(bank-b and we hold different copies)" verdict || failed "$(cat verdict)"
ok "a party that lies: $(grep -m1 "different copies" verdict)"
nobody_left
no_cores
