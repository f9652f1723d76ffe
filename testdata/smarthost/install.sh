#!/bin/sh
# Installs what the tests with real servers need, where it is missing, and puts chasquid and the two checkers of HTML into the
# directory given: install.sh DIR. On a bare Debian it must be root. It sets up no service: Postfix stays without a configuration,
# and chasquid, whose package would start one, is only unpacked.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tools=$1

missing=
need() { [ -x "$1" ] || command -v "$1" >/dev/null || missing="$missing $2"; }
need /usr/sbin/postfix postfix
need /usr/sbin/dovecot dovecot-imapd
need spamassassin spamassassin
need python3 python3
need openssl openssl
need node nodejs
need npm npm
if [ -n "$missing" ] && [ "$(id -u)" != 0 ]; then
  echo "install.sh: missing:$missing; run it as root, or install them" >&2
  exit 1
fi
if [ -n "$missing" ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update
  echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections
  # Debian allows one mail server as the machine's own: where there is another, Postfix must not push it out.
  # shellcheck disable=SC2086 # it is a list of words
  apt-get install -y --no-install-recommends --no-remove $missing
fi

mkdir -p "$tools"
if [ ! -x "$tools/usr/bin/chasquid" ]; then
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  # _apt, who downloads, must be able to write there.
  chmod 777 "$scratch"
  [ -n "$missing" ] || apt-get update
  (cd "$scratch" && apt-get download chasquid)
  dpkg-deb --extract "$scratch"/chasquid_*.deb "$tools"
fi

# npm knows which registry this machine uses; the lock file has no address, but what each package must hash to.
if ! cmp -s "$here/package-lock.json" "$tools/package-lock.json" || [ ! -d "$tools/node_modules" ]; then
  cp "$here/package.json" "$here/package-lock.json" "$tools/"
  (cd "$tools" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) || { rm -f "$tools/package-lock.json"; exit 1; }
fi
