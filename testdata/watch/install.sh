#!/bin/sh
# Puts Debian's Prometheus and promtool into DIR: install.sh DIR. Its package is only unpacked, as it would start a
# service; a bare Debian needs to be root for that.
set -eu
tools=$1
[ ! -x "$tools/usr/bin/promtool" ] || exit 0
mkdir -p "$tools"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# _apt, who downloads, must be able to write there.
chmod 777 "$scratch"
(cd "$scratch" && { apt-get download prometheus 2>/dev/null || { apt-get update && apt-get download prometheus; }; })
dpkg-deb --extract "$scratch"/prometheus_*.deb "$tools"
