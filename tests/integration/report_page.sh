#!/usr/bin/env bash
# Shows every sample report in headless Chromium and looks at what came of it: a screenshot in both
# colour schemes, the headings in the document that the browser made, and pages of a print. Checks
# that the pages are well-formed XML with xmllint. Skips, and says so, what is not installed.
#
# usage: report_page.sh REPORT_SAMPLES
set -u
samples=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=0

fail() {
    echo "FAILED: $*"
    failed=1
}

browse() { # browse ARGUMENTS...: one run of the browser with a profile of its own
    rm -rf "$folder/profile"
    timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync \
        --disable-dev-shm-usage --user-data-dir="$folder/profile" "$@" 2>"$folder/browser.log"
}

expect_heading() { # expect_heading NAME LEVEL TEXT: in the document as the browser understood it
    grep -q "<$2>$3</$2>" "$folder/$1.dom" || fail "$1: no heading $2 '$3'"
}

show() { # show NAME SCHEME
    local picture="$folder/$1-$2.png"
    browse --hide-scrollbars --blink-settings="preferredColorScheme=$2" --window-size=1200,3000 \
        --screenshot="$picture" "file://$folder/$1.html" >/dev/null
    [ -s "$picture" ] || { fail "$1: no screenshot"; cat "$folder/browser.log"; return; }
    [ "$(head -c 4 "$picture" | tail -c 3)" = PNG ] || fail "$1: the screenshot is no PNG"
    [ "$(stat -c %s "$picture")" -gt 40000 ] || fail "$1: the screenshot is all but empty"
}

"$samples" "$folder" || { echo "FAILED: $samples"; exit 1; }

if command -v xmllint >/dev/null; then
    pages=("$folder"/*.html)
    for page in "${pages[@]}"; do
        xmllint --noout --nonet "$page" || fail "$(basename "$page") is not well-formed"
    done
    echo "well-formed: ${#pages[@]} pages"
else
    echo "SKIPPED: xmllint is not installed; well-formedness is checked by unit/test_report alone"
fi

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
    echo "SKIPPED: no Chromium here; the pages were not looked at"
    exit $failed
fi

for name in five plain hostile sixteen; do
    browse --dump-dom "file://$folder/$name.html" >"$folder/$name.dom"
done
for heading in "Rings" "Shared tokens" "The study" "How it was computed, and what that protects" \
    "What it cost"; do
    expect_heading five h2 "$heading"
done
for heading in "By size" "By number of banks spanned" "By pair of banks" "Flagged customers" \
    "Who took part" "Parameters" "Disclosures"; do
    expect_heading five h3 "$heading"
done
expect_heading five h1 fraud-rings-2026
expect_heading plain h2 "This is a plaintext computation"
expect_heading plain h2 "The study"
grep -q "How it was computed" "$folder/plain.dom" && fail "plain: speaks of parties"
expect_heading hostile h1 "&lt;/title&gt;&lt;script&gt;alert('name')&lt;/script&gt;"
grep -q "<script" "$folder/hostile.dom" && fail "hostile: a script came to life"
[ "$(grep -o "<svg[^>]*role=.img" "$folder/sixteen.dom" | wc -l)" = 6 ] ||
    fail "sixteen: not six drawings"

show five 0
show five 1
cmp -s "$folder/five-0.png" "$folder/five-1.png" && fail "five: dark and light look the same"
show sixteen 1
show withheld 1

browse --no-pdf-header-footer --print-to-pdf="$folder/five.pdf" "file://$folder/five.html" \
    >/dev/null
[ "$(head -c 5 "$folder/five.pdf" 2>/dev/null)" = %PDF- ] || fail "five: cannot be printed"

[ $failed = 0 ] && echo "looked at: headings, drawings, both colour schemes, print"
exit $failed
