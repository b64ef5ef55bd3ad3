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
edit '.session |= ("00" + .[2:])' "for another party, manifest, session or epoch"
edit '.manifest |= ("00" + .[2:])' "result.json is about another manifest"
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
