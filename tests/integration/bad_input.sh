#!/usr/bin/env bash
# Bad input: one line that names file, line, column and reason, exit code 2, and nothing sent to any
# peer. Three parties stand behind proxies that count connections, and wait while each bad folder is
# tried; in the end a good one gets through, so that the counting is known to work.
# usage: bad_input.sh RINGFENCE NET_PROXY
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
start "$@"
proxy=$2

"$ringfence" generate both --banks 3 --customers 60 --out good >/dev/null
"$ringfence" run good/study.yaml --data good --out first --quiet >/dev/null
consortium first 5 600

# bank-b's client goes through proxies; the parties among themselves do not.
declare -A front=()
through=()
for party in "${parties[@]}"; do
    new_port
    front[$party]=$port
    launch "proxy-$party" "$proxy" "127.0.0.1:${front[$party]}" "127.0.0.1:${port_of[$party]}" pass 1
    through+=("$party=${front[$party]}")
done
cp -r members/bank-b members/bank-b-client
for party in "${parties[@]}"; do
    party "$party"
done
node_file bank-b-client 5 60 "${through[@]}"
sed -i 's/^member: .*/member: bank-b/' members/bank-b-client/node.yaml
! grep -q listen members/bank-b-client/node.yaml || failed "the client would listen"

# refused TEXT CODE COMMAND...: exactly one line, which holds the text
refused() {
    local text=$1 code=$2 got=0
    shift 2
    "$@" >out 2>err </dev/null || got=$?
    [ "$got" = "$code" ] || failed "$* gives $got, not $code: $(cat err)"
    [ "$(wc -l <err)" = 1 ] || failed "$*: not one line: $(cat err)"
    [ ! -s out ] || failed "$*: prints $(cat out)"
    grep -qF -- "$text" err || failed "$*: does not say '$text': $(cat err)"
}

# data TEXT [CODE]: the folder ./bad is refused by all who read data
data() {
    local text=$1 code=${2:-2}
    refused "bad/bank-b/$text" "$code" "$ringfence" contribute --node members/bank-b-client --study study \
        --data bad/bank-b --out results/bank-b --quiet
    refused "bad/bank-b/$text" "$code" "$ringfence" run good/study.yaml --data bad --out new --quiet
    refused "bad/bank-b/$text" "$code" "$ringfence" plain good/study.yaml --data bad
    [ ! -e new ] || failed "run made its folder for bad input"
    ok "$(cat err)"
    fresh
}

fresh() {
    chmod -R u+rwX bad 2>/dev/null || true
    rm -rf bad
    cp -r good bad
}

# line FILE NUMBER TEXT: replace a line of one of bank-b's tables
line() {
    awk -v at="$2" -v text="$3" 'NR == at { print text; next } { print }' "bad/bank-b/$1" >line.new
    mv line.new "bad/bank-b/$1"
}

### rows and tables
fresh
line customers.csv 1 "customer,exposure,flag,colour"
data "customers.csv: line 1, column 4: unknown column; the header must be customer,exposure,flag"
line customers.csv 1 "customer,flag"
data "customers.csv: line 1: column exposure is missing"
line identifiers.csv 1 "customer,type,type"
data "identifiers.csv: line 1: column type is there twice"
line customers.csv 3 "B00000001,12a,0"
data "customers.csv: line 3, column 2 (exposure): is not a whole number"
line customers.csv 3 "B00000001,-12,0"
data "customers.csv: line 3, column 2 (exposure): must not be negative"
line customers.csv 3 "B00000001,1.5,0"
data "customers.csv: line 3, column 2 (exposure): is not a whole number"
line customers.csv 3 "B00000001,18446744073709551616,0"
data "customers.csv: line 3, column 2 (exposure): "
line customers.csv 3 "B00000001,1099511627777,0"
data "customers.csv: line 3, column 2 (exposure): is above the study's max_exposure (1099511627776)"
line customers.csv 3 "B00000001,12,2"
data "customers.csv: line 3, column 3 (flag): must be 0 or 1"
line customers.csv 3 "B00000000,12,0"
data "customers.csv: line 3, column 1 (customer): this customer is in the file twice"
line customers.csv 3 ",12,0"
data "customers.csv: line 3, column 1 (customer): is empty"
line customers.csv 5 "B00000003,690,0,1"
data "customers.csv: line 5, column 4: 4 fields, but the header has 3"
line customers.csv 5 "B00000003,690"
data "customers.csv: line 5, column 3 (flag): 2 fields, but the header has 3"
line customers.csv 5 ""
data "customers.csv: line 5: an empty line"
printf 'B9,%70000d,0\n' 7 >>bad/bank-b/customers.csv
data "customers.csv: line 22, column 2 (exposure): longer than 65536 bytes"
line customers.csv 5 "$(printf 'B\xc3\x28,690,0')"
data "customers.csv: line 5, column 1 (customer): is not valid UTF-8"
printf 'B9\0,1,0\n' >>bad/bank-b/customers.csv
data "customers.csv: line 22, column 1 (customer): holds a NUL byte"
line customers.csv 5 '"B00000003,690,0'
data "customers.csv: line 5, column 1 (customer): a quoted field is not closed"
line identifiers.csv 4 'B00000000,email,"two
lines@example.com'
data "identifiers.csv: line 4, column 3 (value): a quoted field is not closed"
line identifiers.csv 4 "B99999999,email,ember.20@example.net"
data "identifiers.csv: line 4, column 1 (customer): this customer is not in customers.csv"
line identifiers.csv 4 "B00000000,shoe size,44"
data "identifiers.csv: line 4, column 2 (type): unknown type"
line identifiers.csv 4 "B00000000,phone,unknown"
data "identifiers.csv: line 4, column 3 (value): "
line accounts.csv 3 "ZZ01RING0000000000,B00000001"
data "accounts.csv: line 3, column 1 (account): this account is in the file twice"
line transfers.csv 2 "t,bank-a,1,bank-c,2,1.00,EUR"
data "transfers.csv: line 2: neither from_bank nor to_bank is bank-b"
line transfers.csv 2 "t,bank-b,NOSUCH,bank-c,2,1.00,EUR"
data "transfers.csv: line 2, column 3 (from_account): "
line transfers.csv 2 "t,bank-b,ZZ01RING0000000000,bank-c,2,1.0.0,EUR"
data "transfers.csv: line 2, column 6 (amount): "
for table in customers identifiers accounts transfers; do
    : >bad/bank-b/$table.csv
    data "$table.csv: line 1: an empty file; a header is required"
done

### files and folders: what the operating system refuses is no misuse, and gives 1
# missing TEXT CODE: like data(), where the file's name stands behind the reason
missing() {
    local code=$2
    refused "$1" "$code" "$ringfence" contribute --node members/bank-b-client --study study \
        --data bad/bank-b --out results/bank-b --quiet
    refused "$1" "$code" "$ringfence" run good/study.yaml --data bad --out new --quiet
    [ ! -e new ] || failed "run made its folder for bad input"
    ok "$(cat err)"
    fresh
}
rm bad/bank-b/identifiers.csv
missing "cannot open bad/bank-b/identifiers.csv: No such file" 2
rm -r bad/bank-b
missing "cannot open bad/bank-b/customers.csv: No such file" 2
rm bad/bank-b/accounts.csv && mkdir bad/bank-b/accounts.csv
missing "cannot read bad/bank-b/accounts.csv: Is a directory" 1
chmod 0 bad/bank-b/accounts.csv
if [ "$(id -u)" != 0 ]; then
    missing "cannot open bad/bank-b/accounts.csv: Permission denied" 1
fi
fresh

### nothing of an earlier run is overwritten
mkdir full && echo "an earlier result" >full/file
for command in "run good/study.yaml --data good --quiet" "run none.yaml --data none" \
    "plain good/study.yaml --data good" "plain good/study.yaml --data good --json" \
    "generate both --banks 3 --customers 60" "import amlsim good"; do
    # shellcheck disable=SC2086 # several arguments
    refused "full is not empty" 2 "$ringfence" $command --out full
    ok "$(cat err)"
done
refused "full/file: cannot look into the folder: Not a directory" 2 "$ringfence" plain good/study.yaml --data good --out full/file
[ "$(ls full) $(cat full/file)" = "file an earlier result" ] || failed "full has changed: $(ls full)"
mkdir empty
"$ringfence" plain good/study.yaml --data good --out empty >/dev/null
refused "empty is not empty" 2 "$ringfence" plain good/study.yaml --data good --out empty

### names that are long, and too long
hundred=$(printf 'x%.0s' {1..100})
long=$hundred/$hundred/$hundred/$hundred/$hundred/$hundred/$hundred
"$ringfence" generate identifiers --banks 3 --customers 10 --out "$long" >/dev/null || failed "a path of 700 bytes: $?"
[ -s "$long/study.yaml" ] || failed "a path of 700 bytes: no study"
refused "cannot look into the folder: File name too long" 2 "$ringfence" generate identifiers --banks 3 --customers 10 \
    --out "$long/$long/$long/$long/$long/$long"
ok "paths of 700 bytes are as good as others"

### arguments of run: all are looked at before a key is made
# arguments TEXT CODE OPTION...
arguments() {
    local text=$1 code=$2
    shift 2
    refused "$text" "$code" "$ringfence" run good/study.yaml --data good --out new --quiet "$@"
    [ ! -e new ] || failed "run made its folder in spite of $*"
    ok "$(cat err)"
}
member=first/consortium/bank-b
arguments "--protocol: there is no 'rep9'; there are rep3-active, rep3" 2 --protocol rep9
arguments "--transcript full is sealed to an auditor: --auditor is needed" 2 --transcript full
arguments "nowhere.crt: cannot open" 2 --auditor nowhere.crt
arguments "good/study.yaml: holds no certificate" 1 --auditor good/study.yaml
arguments "$member/member.crt: is bank-b's, a party of this study" 1 --transcript full --auditor $member/member.crt
arguments "cannot open nowhere/bank-a/customers.csv" 2 --data nowhere

### studies
# study TEXT SED: good/study.yaml, changed, is refused by run, plain and explain
study() {
    sed "$2" good/study.yaml >bad.yaml
    ! cmp -s good/study.yaml bad.yaml || failed "'$2' changes nothing"
    refused "bad.yaml$1" 2 "$ringfence" run bad.yaml --data good --out new --quiet
    refused "bad.yaml$1" 2 "$ringfence" plain bad.yaml --data good
    refused "bad.yaml$1" 2 "$ringfence" explain bad.yaml --rows 100
    [ ! -e new ] || failed "run made its folder for a bad study"
    ok "$(cat err)"
}
study ":3:" 's/^statistics: .*/statistics: [shared_tokens, weather]/'
study ":5:" 's/^types: .*/types: [phone, shoe_size]/'
study ":5:" 's/^types: .*/types: [phone, account]/'
study ":4:" 's/^link: .*/link: rumours/'
study ":8:" '8s/party/boss/'
study ":" '8s/\[party, /[/' # two parties
study ":9:" 's/name: bank-b/name: bank-a/'
study ":" 's/^protocol: .*/protocol: rep9/'
study ":" 's/^  min_banks: .*/  min_banks: 4/'
study ":" 's/^  size_buckets: .*/  size_buckets: [2, 5, 4]/'
study ":" 's/^study:/sturdy:/'
study ":" 's/^members:/members: [/'
study ":" 's/^  max_exposure: .*/  max_exposure: 18446744073709551616/'
printf 'study: \xff\n' >bad.yaml
refused "bad.yaml" 2 "$ringfence" run bad.yaml --data good --out new --quiet
: >bad.yaml
refused "bad.yaml" 2 "$ringfence" run bad.yaml --data good --out new --quiet
refused "none.yaml" 2 "$ringfence" run none.yaml --data good --out new --quiet

# Sixty customers of at most so much: 64 bits hold their total, until one unit more.
sed 's/^  max_exposure: .*/  max_exposure: 307445734561825860/' good/study.yaml >most.yaml
"$ringfence" run most.yaml --data good --out most --quiet >/dev/null
sed 's/^  max_exposure: .*/  max_exposure: 307445734561825861/' good/study.yaml >more.yaml
refused "more.yaml" 2 "$ringfence" run more.yaml --data good --out new --quiet
refused "more.yaml" 2 "$ringfence" explain more.yaml --rows 100 --customers 20
ok "$(cat err)"

# A member without a folder is a missing folder.
sed 's/name: bank-c/name: bank-z/' good/study.yaml >stranger.yaml
refused "cannot open good/bank-z/customers.csv" 2 "$ringfence" run stranger.yaml --data good \
    --out new --quiet

### an approved study that is not what was approved
# tampered TEXT CODE: ./altered is refused by a contributor and by a party
tampered() {
    refused "$1" "$2" "$ringfence" contribute --node members/bank-b-client --study altered \
        --data good/bank-b --out results/bank-b --quiet
    refused "$1" "$2" "$ringfence" party --node members/bank-b --study altered --quiet
    ok "$(cat err)"
    rm -rf altered
    cp -r study altered
}
cp -r study altered
flip() { # FILE: a bit of its last byte
    local last
    last=$(tail -c 1 "$1" | od -An -tu1)
    printf '%b' "\\x$(printf %02x $((last ^ 1)))" |
        dd of="$1" bs=1 seek=$(($(stat -c %s "$1") - 1)) conv=notrunc status=none
}
flip altered/manifest.msgpack
tampered "altered/bank-a.approval: is about another manifest" 1
flip altered/bank-c.approval
tampered "altered/bank-c.approval: is not signed with the key of bank-c" 1
rm altered/bank-c.approval
tampered "bank-c has not approved" 1
cp altered/bank-a.approval altered/bank-c.approval
tampered "altered/bank-c.approval: " 1
cp altered/bank-a.crt altered/bank-c.crt
tampered "altered/bank-c.crt" 1
head -c 100 study/manifest.msgpack >altered/manifest.msgpack
tampered "altered/manifest.msgpack: " 2
rm altered/manifest.msgpack
tampered "altered/manifest.msgpack: " 2
rm -r altered && mkdir altered
tampered "altered/manifest.msgpack: " 2
"$ringfence" study refuse altered --node members/bank-c --reason "not this one" >/dev/null
tampered "bank-c has refused: not this one" 1

### a private key that others may read
chmod 644 members/bank-b-client/member.key
refused "members/bank-b-client/member.key: others may use this file (mode 0644)" 1 "$ringfence" \
    contribute --node members/bank-b-client --study study --data good/bank-b --out results/bank-b --quiet
chmod 600 members/bank-b-client/member.key
ok "$(cat err)"

### a node that is not of the study
cp -r members/bank-b members/odd
printf 'member: bank-q\n' >members/odd/node.yaml
refused "bank-q is no member of the study" 2 "$ringfence" contribute --node members/odd \
    --study study --data good/bank-b --out results/bank-b --quiet
printf 'member: bank-b\nlisten: 7700\n' >members/odd/node.yaml
refused "members/odd/node.yaml:2:9: listen:" 2 "$ringfence" contribute --node members/odd \
    --study study --data good/bank-b --out results/bank-b --quiet
printf 'member: bank-b\n' >members/odd/node.yaml
refused "members/odd/node.yaml gives no address of bank-a" 2 "$ringfence" contribute \
    --node members/odd --study study --data good/bank-b --out results/bank-b --quiet
# More customers or rows than the manifest declares.
for number in {1..30}; do
    echo "more-$number,1,0" >>bad/bank-b/customers.csv
done
refused "bank-b has 50 customers, more than the 20 that the study declares" 2 "$ringfence" \
    contribute --node members/bank-b-client --study study --data bad/bank-b --out results/bank-b --quiet
ok "$(cat err)"
fresh

### nobody has been spoken to, until there is good data
for party in "${parties[@]}"; do
    ! grep -v "waiting for\|bank-. (party" "logs/party-$party" | grep . ||
        failed "$party has noticed somebody"
done
launch client-bank-b "$ringfence" contribute --node members/bank-b-client --study study \
    --data good/bank-b --out results/bank-b
client bank-a good/bank-a
client bank-c good/bank-c
for bank in bank-a bank-b bank-c; do
    ends "client-$bank" 0
    ends "party-$bank" 0
    hit "proxy-$bank" TERM
    wait "${pid[proxy-$bank]}" || true
    grep -q "^connections 1," "logs/proxy-$bank" ||
        failed "not one good connection alone: $(cat "logs/proxy-$bank")"
done
cmp <(statistics first/result.json) <(statistics results/bank-b/result.json)
# A place where no result can be made.
touch occupied
refused "occupied: exists and is not a folder" 2 "$ringfence" contribute \
    --node members/bank-b-client --study study --data good/bank-b --out occupied
refused "occupied: exists and is not a folder" 2 "$ringfence" party --node members/bank-b --study study --out occupied
# Once more into the same folders: who has a result or a record there says so, and overwrites nothing.
find results -type f -exec sha256sum {} + >before
refused "results/bank-b/result.json exists already: name a new folder" 2 "$ringfence" contribute \
    --node members/bank-b-client --study study --data good/bank-b --out results/bank-b
refused "results/bank-b/party.json exists already: name a new folder" 2 "$ringfence" party \
    --node members/bank-b --study study --out results/bank-b
ok "$(cat err)"
rm results/bank-b/result.json # a crash may leave any of them
refused "results/bank-b/report.html exists already: name a new folder" 2 "$ringfence" contribute \
    --node members/bank-b-client --study study --data good/bank-b --out results/bank-b
grep -v "bank-b/result.json$" before | sha256sum --quiet -c - || failed "a file has changed"
loose=$(find results -type f ! -name '*.crt' ! -perm 600)
[ -z "$loose" ] || failed "others may read: $loose"
ok "parties met bank-b's contributor once: when its data were good"
nobody_left
no_cores
