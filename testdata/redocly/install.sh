#!/bin/sh
# Puts the linter into DIR, with node where it is missing: install.sh DIR. A bare Debian needs to be root for it.
set -eu
dir=$1
from=$(dirname "$0")

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update
  apt-get install -y --no-install-recommends nodejs npm
fi
mkdir -p "$dir"
cp "$from/redocly.yaml" "$dir"
if cmp -s "$from/package-lock.json" "$dir/package-lock.json" && [ -d "$dir/node_modules/@redocly/cli" ]; then exit 0; fi
cp "$from/package.json" "$from/package-lock.json" "$dir"
# The lock names versions and their checksums, and leaves it to npm which registry this machine uses.
cd "$dir"
npm ci --loglevel=error --no-audit --no-fund --ignore-scripts
