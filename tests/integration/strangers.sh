#!/usr/bin/env bash
# Who must not take part: a certificate of another CA, one that has ended, one whose name is not in the
# manifest, and parties that hold different manifests. Each is a real process that approves of itself: it has
# a study's folder of its own, in which everybody approved. Refused on the link; both logs say why; no
# share leaves.
# usage: strangers.sh RINGFENCE SHORT_LIVED
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
start "$@"
short_lived=$2
connect=8

"$ringfence" generate identifiers --banks 3 --customers 300 --out data >/dev/null
"$ringfence" run data/study.yaml --data data --out base --quiet >/dev/null
consortium base 2 $connect
"$ringfence" keys quick bank-b nobody --out foreign >/dev/null
mkdir brief && "$short_lived" brief bank-b 12 && chmod 600 brief/member.key
ends_at=$(($(date +%s) + 12))
ringfence_keys() {
    "$ringfence" keys "$@" >keys.out 2>&1 || failed "keys $*: $(cat keys.out)"
}
export RINGFENCE_PASSPHRASE_FILE=$work/members/ca/passphrase
ringfence_keys request bank-x --out unnamed
ringfence_keys issue unnamed/member.csr --ca members/ca --out unnamed/member.crt
unset RINGFENCE_PASSPHRASE_FILE
cp members/ca/passphrase unnamed/

# world NAME FOLDER [MEMBER]: ./NAME holds members and an approved study in which the party bank-b has the
# key and certificate of FOLDER, under the name MEMBER
world() {
    local name=$1 own=$2 odd=${3:-bank-b} member
    mkdir -p "$name/certificates"
    cp -r members/bank-a members/bank-c "$name/"
    cp -r "$own" "$name/$odd"
    sed "s/bank-b/$odd/" base/study.yaml >"$name/study.yaml"
    cat members/ca/ca.crt foreign/ca/ca.crt brief/ca.crt >"$name/all.crt"
    for member in bank-a "$odd" bank-c; do
        cp "$name/all.crt" "$name/$member/ca.crt"
        cp "$name/$member/member.crt" "$name/certificates/$member.crt"
    done
    ringfence_keys tokens --members "$name"/certificates/*.crt --ca "$name/all.crt" \
        --out "$name/tokens.cms"
    sed "s/^member: .*/member: $odd/; s/connect: [0-9]*/connect: 25/" members/bank-b/node.yaml \
        >"$name/$odd/node.yaml"
    "$ringfence" study propose "$name/study.yaml" --certificates "$name/certificates" \
        --out "$name/study" >propose.out 2>&1 || failed "$name: $(cat propose.out)"
    for member in bank-a "$odd" bank-c; do
        cp "$name/tokens.cms" "$name/$member/"
        "$ringfence" study approve "$name/study" --node "$name/$member" --yes >approve.out 2>&1 ||
            failed "$name: $(tail -n 1 approve.out)"
    done
}

# refused NAME HONEST ODD: everybody but the odd party, which runs; what the logs must say
refused() {
    local name=$1 honest=$2 odd=$3 who
    find logs -type f ! -name odd -delete
    party bank-a
    party bank-c
    # One of these is called by the odd party, the other calls it; the first refusal ends it.
    ends odd 1 $((connect + 25))
    grep -qE "^bank-b( \(party 1\))?: no link: $honest" logs/party-bank-[ac] ||
        failed "$name: no '$honest': $(cat logs/party-*)"
    for who in bank-a bank-b bank-c; do
        client $who data/$who
    done
    for who in party-bank-a party-bank-c client-bank-a client-bank-b client-bank-c; do
        ends $who 1 $((connect + 8))
    done
    grep -qE ": no link: $odd" logs/odd || failed "$name: no '$odd': $(cat logs/odd)"
    says odd "bank-[ac]" "$odd"
    ! grep -l "rows shared\|all linked" logs/* || failed "$name: a share may have left"
    nobody_left
    ok "$name: $(grep "no link" logs/party-bank-[ac] | head -n 1)"
    ok "$name, of itself: $(grep -h "no link" logs/odd | head -n 1)"
}

odd_party() { # FOLDER MEMBER
    launch odd "$ringfence" party --node "$1/$2" --study "$1/study"
}

world short brief
odd_party short bank-b # its certificate is still valid; nobody is there yet

world other-ca foreign/bank-b
while [ "$(date +%s)" -le "$ends_at" ]; do
    sleep 0.2
done
for member in bank-a bank-b bank-c; do # that CA is believed: the date alone is wrong
    cp short/all.crt members/$member/ca.crt
done
refused short "its certificate is refused: expired on" "it refuses us: certificate expired"
for member in bank-a bank-b bank-c; do
    cp members/ca/ca.crt members/$member/ca.crt
done
odd_party other-ca bank-b
refused other-ca "its certificate is refused: issued by an unknown CA" "it refuses us: unknown CA"

world wrong-name unnamed bank-x
odd_party wrong-name bank-x
refused wrong-name "its certificate" ".*"

# The same members with the same keys; only the manifest is another, of the same study.
world other-manifest members/bank-b
odd_party other-manifest bank-b
refused other-manifest "" ".*manifest"
no_cores
