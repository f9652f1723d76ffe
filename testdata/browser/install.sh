#!/bin/sh
# Installs what the tests of pages and documents in others' programs need, where it is missing: install.sh FILE VERSION
# SHA256 puts that version of axe-core's axe.min.js into FILE. A bare Debian needs to be root for it.
set -eu
file=$1 version=$2 sum=$3

missing=
# Chromium only recommends fonts; without any its pages would be empty boxes.
command -v chromium >/dev/null || command -v google-chrome >/dev/null || missing="chromium fonts-liberation"
command -v pdftoppm >/dev/null || missing="$missing poppler-utils"
command -v qpdf >/dev/null || missing="$missing qpdf"
command -v zbarimg >/dev/null || missing="$missing zbar-tools"
[ -e "$file" ] || command -v npm >/dev/null || missing="$missing npm"
if [ -n "$missing" ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update
  # shellcheck disable=SC2086 # it is a list of words
  apt-get install -y --no-install-recommends $missing
fi
[ ! -e "$file" ] || exit 0

# npm knows which registry this machine uses, and packs without installing anything.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
npm pack --loglevel=error --pack-destination "$scratch" "axe-core@$version" >/dev/null
tar -xzf "$scratch/axe-core-$version.tgz" -C "$scratch" package/axe.min.js
echo "$sum  $scratch/package/axe.min.js" | sha256sum --check --quiet
mkdir -p "$(dirname "$file")"
mv "$scratch/package/axe.min.js" "$file"
