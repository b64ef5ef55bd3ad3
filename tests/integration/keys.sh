#!/usr/bin/env bash
# The life of keys and of a study before it runs, by the commands that operators use.
# usage: keys.sh RINGFENCE
set -eu
ringfence=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
umask 022

failed() {
    echo "FAILED: $*" >&2
    exit 1
}

# expect CODE TEXT COMMAND...: the exit code, and a text that stdout or stderr must hold
expect() {
    local code=$1 text=$2 got=0
    shift 2
    "$@" >out 2>&1 </dev/null || got=$?
    [ "$got" = "$code" ] || failed "$* gives $got, not $code: $(cat out)"
    grep -qF -- "$text" out || failed "$* does not say '$text': $(cat out)"
}

mode() {
    stat -c %a "$1"
}

### the program itself
expect 0 "ringfence " "$ringfence" --version
expect 0 "Usage: ringfence COMMAND" "$ringfence" --help
expect 2 "did you mean 'study'?" "$ringfence" stdy
expect 2 "there is no command 'xyzzy'" "$ringfence" keys xyzzy
expect 2 "unrecognized option" "$ringfence" keys doctor --no-such-option
expect 2 "REQUEST, --ca and --out are needed" "$ringfence" keys issue
expect 0 "Usage: ringfence study propose" "$ringfence" study propose --help

### a CA, and members that make their own keys
echo "correct horse battery staple" >words
expect 1 "others may use this file (mode 0644)" "$ringfence" keys init-ca ca --passphrase-file words
chmod 600 words
export RINGFENCE_PASSPHRASE_FILE=$work/words
expect 0 "ca/ca.crt" "$ringfence" keys init-ca ca --name "Test CA"
expect 2 "exists already and is not overwritten" "$ringfence" keys init-ca ca
[ "$(mode ca) $(mode ca/ca.key)" = "700 600" ] || failed "modes of the CA's files"
for member in bank-a bank-b bank-d tech-c; do
    expect 0 "request for $member" "$ringfence" keys request $member --out $member
    expect 0 "$member" "$ringfence" keys show $member/member.csr
    expect 0 "certificate of $member" "$ringfence" keys issue $member/member.csr --ca ca \
        --out $member/member.crt --name $member --days 90
    cp ca/ca.crt $member/ca.crt
done
expect 2 "exists already and is not overwritten" "$ringfence" keys request bank-a --out bank-a
expect 2 "cannot be a member's name" "$ringfence" keys request Bank --out x
expect 1 "the request is for bank-a, not bank-b" "$ringfence" keys issue bank-a/member.csr \
    --ca ca --out x.crt --name bank-b
expect 2 "would outlive its CA" "$ringfence" keys issue bank-a/member.csr --ca ca --out x.crt \
    --days 9999
expect 0 "request for bank-a" "$ringfence" keys request bank-a --out impostor
expect 2 "another key has a certificate for bank-a" "$ringfence" keys issue impostor/member.csr \
    --ca ca --out x.crt
[ "$(mode bank-a) $(mode bank-a/member.key)" = "700 600" ] || failed "modes of a member"
grep -q "BEGIN ENCRYPTED PRIVATE KEY" bank-a/member.key || failed "the key is not encrypted"

### the tokens' key, and doctor
expect 1 "issued by an unknown CA" "$ringfence" keys tokens --members bank-a/member.crt ca/ca.crt \
    --ca bank-b/member.crt --out x.cms
expect 0 "sealed to 3 members" "$ringfence" keys tokens --members bank-a/member.crt \
    bank-b/member.crt bank-d/member.crt --ca ca/ca.crt --out tokens.cms
for member in bank-a bank-b bank-d; do
    cp tokens.cms $member/
    expect 0 "0 warnings, 0 failed" "$ringfence" keys doctor $member
done
expect 0 "a member that contributes data needs it" "$ringfence" keys doctor tech-c
expect 0 '"failed": 0' "$ringfence" keys doctor tech-c --json
expect 0 "recipients       3" "$ringfence" keys show tokens.cms
expect 0 "EC P-384" "$ringfence" keys show ca/ca.crt
expect 0 '"encrypted": true' "$ringfence" keys show bank-a/member.key --json
expect 2 "is no certificate, request, key" "$ringfence" keys show words
cp -r bank-a sick
cp bank-b/member.crt sick/member.crt
expect 1 "the certificate is for another key" "$ringfence" keys doctor sick
chmod 644 sick/member.key
expect 1 "others may use this file" "$ringfence" keys doctor sick --json
printf 'member: bank-b\nlisten: 7700\n' >bank-a/node.yaml
expect 1 "bank-a/node.yaml:2:9: listen: '7700' is not tcp://host:port" "$ringfence" keys doctor bank-a
expect 1 "0 warnings, 1 failed" "$ringfence" keys doctor bank-a # all else is looked at
"$ringfence" keys doctor bank-a --json >out || true
jq -e '.checks | map(select(.state == "failed")) | map(.check) == ["node.yaml"]' out >/dev/null || failed "$(cat out)"
printf 'member: bank-b\n' >bank-a/node.yaml
expect 1 "the certificate is bank-a's, not bank-b's" "$ringfence" keys doctor bank-a
printf 'member: bank-a\nlisten: tcp://0.0.0.0:7700\n' >bank-a/node.yaml
expect 0 "0 failed" "$ringfence" keys doctor bank-a
grep -qE "^ok +node.yaml +of bank-a" out || failed "nothing is said of node.yaml: $(cat out)"

### a study is proposed, looked at, approved and refused
cat >study.yaml <<'YAML'
study: rings-trial
purpose: Find rings that span banks
statistics: [shared_tokens, rings]
members:
  - {name: bank-a, roles: [party, contributor, recipient]}
  - {name: bank-b, roles: [party, contributor, recipient]}
  - {name: tech-c, roles: [party]}
  - {name: bank-d, roles: [contributor], customers: 10, rows: 30}
YAML
mkdir certificates
for member in bank-a bank-b bank-d tech-c; do
    cp $member/member.crt certificates/$member.crt
done
expect 2 "members[0].customers: declare a bound for bank-a" "$ringfence" study propose study.yaml \
    --certificates certificates --out proposal
sed 's/rings-trial/Rings/' study.yaml >bad.yaml
expect 2 "bad.yaml:1:8: study: a study's name" "$ringfence" study propose bad.yaml \
    --certificates certificates --out proposal
[ ! -e proposal ] || failed "a folder was made for a study that is not valid"
expect 0 "rings-trial" "$ringfence" study propose study.yaml --certificates certificates \
    --customers 100 --rows 300 --out proposal
expect 2 "exists already" "$ringfence" study propose study.yaml --certificates certificates \
    --customers 100 --rows 300 --out proposal
expect 0 "up to 10 customers, 30 rows" "$ringfence" study show proposal
expect 0 '"name": "sort_order"' "$ringfence" study show proposal --json
expect 1 "bank-a has not approved yet" "$ringfence" study status proposal --node bank-a
expect 2 "there is no terminal to ask" setsid -w "$ringfence" study approve proposal --node bank-a
for member in bank-a bank-b tech-c; do
    expect 0 "$member approves this study" "$ringfence" study approve proposal --node $member --yes
done
expect 2 "--reason is needed" "$ringfence" study refuse proposal --node bank-d
expect 0 "bank-d refuses this study" "$ringfence" study refuse proposal --node bank-d \
    --reason "bounds too low"
expect 1 "bank-d has refused: bounds too low" "$ringfence" study status proposal --ca ca/ca.crt
expect 0 "bank-d approves this study" "$ringfence" study approve proposal --node bank-d --yes
expect 0 "Approved by all." "$ringfence" study status proposal --node tech-c
expect 0 '"ready": true' "$ringfence" study status proposal --node tech-c --json
expect 0 "Issuers of certificates were not checked" "$ringfence" study status proposal

### what must not pass
cp -r proposal other
rm other/manifest.msgpack
expect 0 "rings-trial" "$ringfence" study propose study.yaml --certificates certificates \
    --customers 100 --rows 300 --out other
expect 1 "is about another manifest" "$ringfence" study status other --node bank-a
cp -r proposal swapped
cp swapped/bank-b.crt swapped/bank-a.crt
expect 1 "is not the certificate of bank-a that the manifest names" \
    "$ringfence" study status swapped --node bank-a
expect 1 "is not the certificate of bank-a" "$ringfence" study approve swapped --node bank-b --yes
"$ringfence" keys tokens --members bank-a/member.crt bank-b/member.crt bank-d/member.crt \
    --ca ca/ca.crt --out bank-d/tokens.cms --force >/dev/null
expect 0 "bank-d approves" "$ringfence" study approve proposal --node bank-d --yes
expect 1 "hold different tokens' keys" "$ringfence" study status proposal --node bank-a

### a person at a terminal, where there is script(1) to make one
# on_terminal COMMAND LINE...: types the lines slowly, as what comes before a prompt is echoed
on_terminal() {
    local command=$1
    shift
    for line in "$@"; do
        sleep 0.7
        echo "$line"
    done | script -qec "$command" /dev/null 2>&1 | tr -d '\r' >out || true
}
if command -v script >/dev/null; then
    on_terminal "$ringfence study approve other --node bank-b" no
    grep -q "not confirmed; nothing was signed" out || failed "a 'no' approves: $(cat out)"
    cmp other/bank-b.approval proposal/bank-b.approval || failed "signed after a 'no'"
    on_terminal "$ringfence study approve other --node bank-b" approve
    grep -q "bank-b approves this study" out || failed "cannot approve at a terminal: $(cat out)"
    unset RINGFENCE_PASSPHRASE_FILE
    on_terminal "$ringfence keys request typed --out typed" "a long passphrase" \
        "a long passphrase"
    grep -q "request for typed" out || failed "no passphrase from a terminal: $(cat out)"
    ! grep -q "a long passphrase" out || failed "the passphrase is echoed: $(cat out)"
    on_terminal "$ringfence keys request other --out typo" "a long passphrase" \
        "a wrong passphrase"
    [ ! -e typo/member.key ] || failed "two different passphrases make a key"
    on_terminal "$ringfence keys request other --out typo" short short
    grep -q "at least 12 characters" out || failed "a short passphrase is taken: $(cat out)"
fi
unset RINGFENCE_PASSPHRASE_FILE

### a trial consortium in one go
expect 0 "a CA and 3 members" "$ringfence" keys quick one two --only-computes three --out trial
expect 0 "0 warnings, 0 failed" "$ringfence" keys doctor trial/one
[ ! -e trial/three/tokens.cms ] || failed "a member that only computes has the tokens' key"
expect 2 "exists already" "$ringfence" keys quick one two --out trial
expect 2 "one is no member of this study" "$ringfence" study approve proposal --node trial/one --yes
chmod 640 trial/one/passphrase
expect 1 "passphrase file" "$ringfence" keys doctor trial/one
echo "keys.sh: all as expected"
