#!/usr/bin/env bash
# Installs what .ci/packages.txt lists and the system lacks, by apt, as root or with sudo.
# usage: install.sh build|quick|test     (to build, to test what was built, to run every check)
set -eu
here=$(dirname "$(realpath "$0")")

kinds=build
case ${1:-build} in
build) ;;
quick) kinds='build|quick' ;;
test) kinds='build|quick|test' ;;
*)
    echo "usage: $0 build|quick|test" >&2
    exit 2
    ;;
esac
mapfile -t wanted < <(awk -v kinds="^($kinds)\$" '$1 ~ kinds { print $2 }' "$here/packages.txt")

if ! command -v apt-get >/dev/null; then
    echo "install: this is no Debian; please install what these are here, then use --no-install:" >&2
    echo "  ${wanted[*]}" >&2
    exit 1
fi

missing=()
for package in "${wanted[@]}"; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} = 0 ]; then
    echo "install: all ${#wanted[@]} packages are there"
    exit 0
fi

root=()
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "install: not root, and there is no sudo. As root, please:" >&2
        echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    root=(sudo)
fi
apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq
    -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0)

echo "install: ${missing[*]}"
"${apt[@]}" update
count=$("${apt[@]}" install -s --no-install-recommends "${missing[@]}" | grep -c ^Inst)
echo "install: $count packages with what they need"
log=$(mktemp)
if ! "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1 </dev/null; then
    tail -n 40 "$log" >&2
    rm -f "$log"
    exit 1
fi
rm -f "$log"
