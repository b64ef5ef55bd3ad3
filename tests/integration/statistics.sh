#!/usr/bin/env bash
# Generated data of every scenario: run and plain write the same statistics, and where nothing is
# withheld they are what was planted.
# usage: statistics.sh RINGFENCE [small]
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
start "$@"
size=${2:-full}

# What truth.json says of rings, in the shape of a result whose cells are all shown. Exposures are
# strings here, and added in two halves: jq's numbers have 53 bits.
cat >truth.jq <<'TRUTH'
def sum: 1000000000 as $half | (map(.[:-9] | if . == "" then 0 else tonumber end) | add // 0) as $high |
  (map(.[-9:] | tonumber) | add // 0) as $low |
  ($high + ($low / $half | floor)) as $high | ($low % $half | tostring) as $low |
  if $high == 0 then $low else ($high | tostring) + ("0" * (9 - ($low | length)) // "") + $low end;
def cell: {shown: true, rings: length, members: (map(.size) | add // 0),
           exposure: (map(.exposure) | sum)};
def pairs: [.[] as $a | .[] as $b | select($a < $b) | {a: $a, b: $b}];
(.customers | keys) as $banks | .rings as $rings | [2, 3, 4, 5, 10, 20, 50, 100] as $from |
{
  total: ($rings | cell),
  by_size: [range(8) as $i | ($from[$i + 1] // null) as $next |
    {from: $from[$i], to: (if $next then $next - 1 else null end)} +
    ($rings | map(select(.size >= $from[$i] and ($next == null or .size < $next))) | cell)],
  by_banks: [range(2; ($banks | length) + 1) as $n | {banks: $n} +
    ($rings | map(select(.banks == $n)) | cell)],
  by_pair: [$banks | pairs[] | . as $p | . +
    ($rings | map(select(.members[$p.a] and .members[$p.b])) | cell)],
  by_flag: [true, false | . as $f | {flagged: $f} +
    ($rings | map(select((.flagged > 0) == $f)) | cell)],
  members_by_flag: [
    {flagged: true, shown: true, members: ($rings | map(.flagged) | add // 0)},
    {flagged: false, shown: true, members: ($rings | map(.size - .flagged) | add // 0)}]
}
TRUTH

# planted NAME: the result's rings are those of truth.json
planted() {
    sed -E 's/"exposure":([0-9]+)/"exposure":"\1"/' "$1/truth.json" | jq -S -f truth.jq >expected
    jq -S .statistics.rings "out-$1/result.json" >got
    [ "$(jq .total.rings expected)" -gt 0 ] || failed "$1: no ring was planted"
    cmp expected got || failed "$1: not what was planted: $(diff expected got)"
}

# scenario NAME GENERATE...: with all cells shown, equal to plain and to the truth
scenario() {
    local name=$1
    shift
    "$ringfence" generate "$@" --out "$name" >/dev/null
    change "$name/study.yaml" min_cell 0
    same "$name" "$name/study.yaml" "$name"
    planted "$name"
    ok "$name: $*: $(jq -c .statistics.rings.total "out-$name/result.json")"
}

scenario identifiers identifiers --banks 3 --customers 2000 --seed 7
scenario both both --banks 4 --customers 1500 --seed 9
[ "$size" = full ] || exit 0
scenario transfers transfers --banks 5 --customers 3000 --seed 8
scenario chain chain --banks 5 --customers 2000 --hops 40
scenario one-ring one-ring --banks 4 --customers 800
scenario hub hub --banks 4 --customers 2000
scenario awkward awkward --banks 5 --customers 1000
holds out-awkward/result.json '.statistics.rings.total.exposure | length > 16'

"$ringfence" generate identifiers --banks 5 --customers 100000 --out large >/dev/null
same large large/study.yaml large
holds out-large/result.json '.statistics.rings.total.rings > 500'
ok "5 banks, 100,000 customers: $(jq -c .statistics.rings.total out-large/result.json)"

# What is withheld does not depend on who computes either.
"$ringfence" generate both --banks 5 --customers 10000 --out withheld >/dev/null
for cell in 1 3 100; do
    cp withheld/study.yaml "cell-$cell.yaml"
    change "cell-$cell.yaml" min_cell $cell
    same "cell-$cell" "cell-$cell.yaml" withheld
    ok "both, 10,000 customers, min_cell $cell: $(jq -c .withheld.by_table "out-cell-$cell/result.json")"
done
jq -e -s 'map(.withheld.cells) | .[0] <= .[1] and .[1] < .[2] and .[2] < 50' \
    out-cell-{1,3,100}/result.json >/dev/null || failed "a larger min_cell withholds less"
no_cores
