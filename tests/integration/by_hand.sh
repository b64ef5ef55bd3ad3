#!/usr/bin/env bash
# commands.txt, which run writes, is what an operator could give by hand: a shell reads each line as run gave it,
# whatever folders are called, and the processes started anew from it come to the same result.
# usage: by_hand.sh RINGFENCE
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
start "$@"
program=$ringfence
banks="bank-a bank-b bank-c"

name="it's a 'trial' of \$(touch broken) * \\ \"b\""
mkdir "$name"
"$program" generate both --banks 3 --customers 60 --out "$name/data" >/dev/null
echo "the words of an operator's own key" >words
chmod 600 words
export RINGFENCE_PASSPHRASE_FILE=$PWD/words # which are not those of the trial's keys
"$program" run "$name/data/study.yaml" --data "$name/data" --out "$name/out" --quiet >/dev/null
grep -qx "unset RINGFENCE_PASSPHRASE_FILE" "$name/out/commands.txt"
unset RINGFENCE_PASSPHRASE_FILE

### what the shell reads are the words that run gave
# shellcheck disable=SC2317 # called by what is read
ringfence() {
    printf '%s\n' "$@" >words
    case $1 in
    keys) grep -qxF "$name/out/consortium" words ;;
    study) grep -qxF "$name/out/study" words ;;
    party | contribute) grep -qxF "$name/out/consortium/$member" words && grep -qxF "$name/out/$member" words ;;
    *) false ;;
    esac || failed "not what run gave: $line: $(cat words)"
    [ "$1" != contribute ] || grep -qxF "$name/data/$member" words || failed "no data: $line"
    lines=$((lines + 1))
}
lines=0
while read -r line; do
    member=$(grep -oE 'consortium/bank-[abc]' <<<"$line" | cut -d/ -f2 || true)
    eval "$line"
done <"$name/out/commands.txt"
[ "$lines" = 11 ] || failed "$lines commands, not keys, propose, three approvals and six processes"
[ ! -e broken ] || failed "the shell ran what is a folder's name"
ok "$lines commands, each read as it was given"

### the six processes once more, by hand
for bank in $banks; do
    mv "$name/out/$bank" "$bank-before"
done
# shellcheck disable=SC2317 # called by what is read
ringfence() {
    launch "$1-$member" "$program" "$@"
}
mkdir logs
while read -r line; do
    member=$(grep -oE 'consortium/bank-[abc]' <<<"$line" | cut -d/ -f2)
    eval "$line"
done < <(grep -E "^ringfence (party|contribute) " "$name/out/commands.txt")
for bank in $banks; do
    ends "party-$bank" 0 60
    ends "contribute-$bank" 0 60
    cmp <(statistics "$bank-before/result.json") <(statistics "$name/out/$bank/result.json") ||
        failed "$bank has another result"
done
jq -e '.epoch == 2' "$name/out/bank-a/result.json" >/dev/null || failed "not a second epoch"
ok "the same result in epoch 2"
nobody_left
no_cores
