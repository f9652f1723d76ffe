#!/bin/sh
# Installs what the package's test needs, where it is missing. A bare Debian needs to be root for it.
set -eu
missing=
need() { command -v "$1" >/dev/null || missing="$missing $2"; }
need debootstrap debootstrap
need systemd-nspawn systemd-container
need qemu-arm-static qemu-user-static
need bwrap bubblewrap
need skopeo skopeo
need mandoc mandoc
need zsh zsh
need fish fish
need curl curl
need git git
if [ -n "$missing" ]; then
  [ "$(id -u)" = 0 ] || { echo "install.sh: missing:$missing; run it as root, or install them" >&2; exit 1; }
  export DEBIAN_FRONTEND=noninteractive
  apt-get update
  # shellcheck disable=SC2086 # it is a list of words
  apt-get install -y --no-install-recommends $missing
fi
