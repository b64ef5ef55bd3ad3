#!/usr/bin/env bash
# A recipient's receipt: what the parties signed is checked offline, and whatever is changed in it is found.
# usage: receipt.sh RINGFENCE full|small
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
start "$@"
every=$([ "$2" = full ] && echo 61 || echo 977)

"$ringfence" generate both --banks 4 --customers 300 --out data >/dev/null
"$ringfence" run data/study.yaml --data data --out made --quiet >/dev/null
ca=made/consortium/bank-a/ca.crt

receipt() { # receipt CODE TEXT FOLDER [OPTION...]
    local code=$1 text=$2 folder=$3
    shift 3
    expect "$code" "$text" "$ringfence" audit receipt "$folder" --ca "$ca" "$@"
}

### every recipient's holds; nothing but the folder and a CA is needed
for bank in bank-a bank-b bank-c bank-d; do
    receipt 0 "0 failed, 0 skipped" "made/$bank"
    receipt 0 '"holds": true' "made/$bank" --json
    jq -r .result out >>results
done
[ "$(sort -u results | wc -l)" = 1 ] || failed "recipients' results have different digests"
expect 0 "0 failed" "$ringfence" audit receipt made/bank-d --node made/consortium/bank-d
ok "four receipts hold: $("$ringfence" audit receipt made/bank-a --ca "$ca" | tail -n 1)"

### misuse
expect 2 "which result's folder" "$ringfence" audit receipt --ca "$ca"
expect 2 "whose certificates" "$ringfence" audit receipt made/bank-a
expect 2 "whose certificates" "$ringfence" audit receipt made/bank-a --ca "$ca" --node made/consortium/bank-a
expect 2 "No such file" "$ringfence" audit receipt nowhere --ca "$ca"
expect 0 "--ca=FILE" "$ringfence" audit receipt --help
"$ringfence" plain data/study.yaml --data data --json >plain.json
mkdir clear
cp plain.json clear/result.json
receipt 2 "was computed in the clear" clear

### the record of processing: from the manifest alone, and with what ran
record() { "$ringfence" audit record "$@"; }
record made/study >record.md || failed "no record"
grep -q '^\*GDPR Art. 30(1)(a)\*$' record.md || failed "$(cat record.md)"
grep -q '^- To be added: the legal basis' record.md || failed "$(cat record.md)"
record made/study made/transcripts --ca "$ca" --json >record.json || failed "no record"
jq -e '.format == "ringfence-processing-record" and .version == 1 and
    ([.sections[].article] | index("GDPR Art. 30(1)(d)") and index("GDPR Art. 35(7)(c)")) and
    ([.sections[] | select(.title | test("What ran")) | .entries[]] | length) == 7 and
    ([.sections[] | select(.title | test("Checks")) | .entries[] | select(.value | startswith("passed"))] | length) == 16' \
    record.json >/dev/null || failed "$(cat record.json)"
[ "$(jq -r .manifest record.json)" = "$(jq -r .manifest made/bank-a/result.json)" ] || failed "another manifest"
expect 0 "record.json, record.md" "$ringfence" audit record made/study --out written
for file in written/record.json written/record.md; do
    [ -s "$file" ] || failed "nothing is written: $file"
done
expect 0 "approved by all members" "$ringfence" audit record made/study
cp -r made/study unsigned && rm unsigned/bank-a.approval
expect 0 "not approved by all members" "$ringfence" audit record unsigned
expect 2 "--ca is needed" "$ringfence" audit record made/study made/transcripts
sed 's/^purpose: .*/purpose: "a *purpose* <with> [markup]"/' data/study.yaml >marked.yaml
"$ringfence" run marked.yaml --data data --out marked --quiet >/dev/null
expect 0 'a \*purpose\* \<with\> \[markup\]' "$ringfence" audit record marked/study
expect 2 "is a transcript of another manifest" "$ringfence" audit record marked/study made/transcripts --ca "$ca"
ok "the record of processing: $(jq -c '[.sections[].entries | length] | add' record.json) entries"

### figures that are not those, a study or a protocol that is not that one
fresh() {
    rm -rf it
    cp -r made/bank-a it
}
edit() { # edit FILTER TEXT: result.json is changed
    fresh
    jq "$1" made/bank-a/result.json >it/result.json
    receipt 1 "$2" it
}
edit '.statistics.shared_tokens.total.tokens += 1' '"statistics" in result.json is not'
edit '.statistics.rings.by_size[0].shown |= not' '"statistics" in result.json is not'
edit '.study.parameters.min_cell = 0' '"study" in result.json is not'
edit '.withheld.cells = 0' '"withheld" in result.json is not'
edit '.protocol = "rep3"' '"protocol" in result.json is not'
edit '.epoch = 2' "for another party, manifest, session or epoch"
edit '.session |= ((if startswith("00") then "11" else "00" end) + .[2:])' "for another party, manifest, session or epoch"
edit '.manifest |= ((if startswith("00") then "11" else "00" end) + .[2:])' "result.json is about another manifest"
edit '.finished = "2001-01-01T00:00:00Z"' "not valid before"
edit '.finished = "yesterday"' "does not say of which manifest"
edit 'del(.epoch)' "does not say of which manifest"

### a party's signature for another's, shares in another order, files that are not there
fresh
cp it/receipt/party-0.record it/receipt/party-1.record
cp it/receipt/party-0.signature it/receipt/party-1.signature
receipt 1 "that its key did not sign" it
for file in made/bank-a/receipt/*; do
    fresh
    rm "it/receipt/$(basename "$file")"
    "$ringfence" audit receipt it --ca "$ca" >out.txt 2>&1 && failed "holds without $file"
    grep -q "^FAILED" out.txt || failed "without $file: $(cat out.txt)"
done

### another run's receipt with the same keys: nothing of it fits
"$ringfence" run data/study.yaml --data data --out other --quiet >/dev/null
fresh
cp other/bank-a/receipt/party-* it/receipt/
receipt 1 "FAILED   signature" it
expect 1 "issued by an unknown CA" "$ringfence" audit receipt made/bank-a --ca other/consortium/bank-a/ca.crt

### single bytes, all over the receipt
flips=0 found=0
for file in made/bank-a/receipt/*; do
    name=$(basename "$file")
    size=$(stat -c %s "$file")
    fresh
    for ((at = 0; at < size; at += size > 400 ? every : 7)); do
        byte=$(od -An -tu1 -j "$at" -N 1 "$file")
        printf '%b' "\\x$(printf %02x $((byte ^ (1 << at % 7))))" |
            dd of="it/receipt/$name" bs=1 seek="$at" conv=notrunc status=none
        code=0
        "$ringfence" audit receipt it --ca "$ca" >out.txt 2>&1 || code=$?
        [ "$code" = 0 ] || [ "$code" = 1 ] || failed "$name, byte $at: ends with $code: $(cat out.txt)"
        flips=$((flips + 1))
        found=$((found + code))
        # in PEM there are bytes that say nothing
        [ "$code" = 1 ] || [[ $name == *.crt ]] || failed "$name: byte $at may be anything"
        cp "$file" "it/receipt/$name"
    done
done
[ "$flips" -gt 50 ] || failed "only $flips bytes changed"
ok "$flips changed bytes, $found of them found"
nobody_left
no_cores
