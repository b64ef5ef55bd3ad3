#!/usr/bin/env bash
# Studies and data made by hand, at the edges of what is allowed: run and plain write the same
# statistics, and they are what a person counts.
# usage: made.sh RINGFENCE [small]
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
start "$@"
size=${2:-full}

# study NAME: a study of this name from standard input's members and further lines
study() {
    mkdir -p "$1"
    {
        echo "study: $1"
        echo "purpose: Made by hand"
        cat
    } >"$1/study.yaml"
}

# run NAME FILTER: same() on ./NAME, and the filter is true of its statistics
made() {
    same "$1" "$1/study.yaml" "$1"
    holds "out-$1/result.json" "$2"
    ok "$1: $(jq -c '.statistics | map_values(.total)' "out-$1/result.json")"
}

all="party, contributor, recipient"

### One customer in all; the other banks have none, and one has no rows of any kind.
study one <<YAML
statistics: [shared_tokens, rings]
link: both
members:
  - {name: bank-a, roles: [$all]}
  - {name: bank-b, roles: [$all]}
  - {name: bank-c, roles: [$all]}
parameters: {min_cell: 0}
YAML
for bank in bank-a bank-b bank-c; do
    table one/$bank/customers.csv <<<"customer,exposure,flag"
    table one/$bank/identifiers.csv <<<"customer,type,value"
    table one/$bank/accounts.csv <<<"account,customer"
    table one/$bank/transfers.csv \
        <<<"time,from_bank,from_account,to_bank,to_account,amount,currency"
done
echo "only,5,1" >>one/bank-b/customers.csv
echo "only,phone,+999 1" >>one/bank-b/identifiers.csv
made one '.statistics | .rings.total.rings == 0 and .shared_tokens.total.tokens == 0'

### The same value in different clothes; quotes, commas and line ends; exposures at 2^53. Two banks
### are not parties, parties are no banks, somebody only receives.
study clothes <<YAML
statistics: [shared_tokens, rings]
members:
  - {name: bank-a, roles: [contributor]}
  - {name: tech-1, roles: [party]}
  - {name: tech-2, roles: [party]}
  - {name: bank-b, roles: [contributor]}
  - {name: tech-3, roles: [party, recipient]}
  - {name: supervisor, roles: [recipient]}
parameters: {min_cell: 0, max_exposure: 9007199254740993}
YAML
{
    printf 'customer,exposure,flag\r\n'
    printf '"Zoë, ""the first""\nof her name",9007199254740992,1\r\n'
    printf 'Ω-2,9007199254740993,0\r\n'
    printf '東京-3,9007199254740992,0' # without a last line end
} | table clothes/bank-a/customers.csv
{
    printf '\xef\xbb\xbfvalue,customer,type\n' # byte order mark; columns in another order
    printf 'JOS\xc3\x89@Example.com,"Zoë, ""the first""\nof her name",email\n' # composed
    printf '"12, High Street,\nTestville",Ω-2,address\n'
    printf '\xd9\xa1\xd9\xa2\xd9\xa3,東京-3,national_id\n' # Arabic-Indic digits
} | table clothes/bank-a/identifiers.csv
table clothes/bank-b/customers.csv <<'CSV'
customer,exposure,flag
naïve,9007199254740992,0
ñandú,9007199254740991,1
"comma, comma",1,0
CSV
{
    printf 'customer,type,value\n'
    printf 'naïve,email,jose\xcc\x81@example.COM\n' # decomposed
    printf '"comma, comma",address,12 HIGH street Testville\n'
    printf 'ñandú,national_id,1-2 3\n'
    printf 'ñandú,email,fi@example.com\n'
    printf 'naïve,email,ｆｉ@example.com\n' # full-width: another address
} | table clothes/bank-b/identifiers.csv
made clothes '.statistics | .shared_tokens.total.tokens == 3 and .rings.total.rings == 3 and
    .rings.total.members == 6 and .rings.total.exposure == "45035996273704961" and
    .rings.members_by_flag[0].members == 2'
for member in tech-1 tech-2 bank-a bank-b; do
    [ ! -e "out-clothes/$member/result.json" ] || failed "$member, no recipient, has a result"
done
[ "$(ls out-clothes/*/result.json)" = "$(printf '%s\n' out-clothes/{supervisor,tech-3}/result.json)" ] ||
    failed "not exactly the recipients have results"
[ "$size" = full ] || exit 0

### Sixteen banks, and one token that all of them hold.
{
    echo "statistics: [shared_tokens, rings]"
    echo "types: [phone]"
    echo "members:"
    for bank in {1..16}; do
        roles="contributor, recipient"
        [ "$bank" -gt 3 ] || roles="party, $roles"
        echo "  - {name: bank-$bank, roles: [$roles]}"
    done
    echo "parameters: {min_cell: 0}"
} | study sixteen
for bank in {1..16}; do
    printf 'customer,exposure,flag\nc%s,%s,0\nd,0,0\n' "$bank" "$bank" |
        table sixteen/bank-"$bank"/customers.csv
    printf 'customer,type,value\nc%s,phone,+999 16\n' "$bank" |
        table sixteen/bank-"$bank"/identifiers.csv
done
made sixteen '.statistics | .shared_tokens.total.tokens == 1 and .rings.total.rings == 1 and
    .rings.total.members == 16 and .rings.total.exposure == "136" and
    (.rings.by_pair | length == 120 and all(.rings == 1))'

### Two banks, and a third that only computes; one statistic at a time; all on one token.
for statistic in shared_tokens rings; do
    study "only-$statistic" <<YAML
statistics: [$statistic]
types: [email]
members:
  - {name: bank-a, roles: [$all]}
  - {name: tech, roles: [party]}
  - {name: bank-b, roles: [$all]}
parameters: {min_cell: 1}
YAML
    for bank in bank-a bank-b; do
        printf 'customer,exposure,flag\n1,10,0\n2,20,1\n' |
            table only-$statistic/$bank/customers.csv
        printf 'customer,type,value\n1,email,all@example.org\n2,email,all@example.org\n' |
            table only-$statistic/$bank/identifiers.csv
    done
done
made only-shared_tokens '.statistics | has("rings") | not'
holds out-only-shared_tokens/result.json '.statistics.shared_tokens.total.tokens == 1'
made only-rings '.statistics | has("shared_tokens") | not'
holds out-only-rings/result.json '.statistics.rings.total == {"shown": true, "rings": 1,
    "members": 4, "exposure": "60"}'
no_cores
