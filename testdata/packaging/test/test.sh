#!/usr/bin/env bash
# Installs the Debian package where it belongs, in a Debian whose systemd runs (systemd-nspawn), and looks at what an
# administrator meets: the first start, both journeys, commands, what the unit shuts off, secrets, upgrades with data,
# one that fails, removing and purging. Then the same binary without a package (postern install), and the other
# processors' packages by qemu, and the image. As root: test.sh OUT VERSION; REUSE=1 takes the packages of the run
# before, and STEPS names the parts to run.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
out=$1 version=$2
mkdir -p "$out"
out=$(cd "$out" && pwd)

# The last commit whose data files have schema 3.
OLD=${OLD:-64c2d37^}
NAME=postern-test-$$

say() { echo "--- $*"; }
fail() { echo "FAILED: $*" >&2; exit 1; }

cleanup() {
  set +e
  [ -z "${nspawn:-}" ] || { kill "$nspawn"; wait "$nspawn"; } 2>/dev/null
  for pid in "${others[@]}"; do kill "$pid" 2>/dev/null; done
  ! mountpoint -q "$out/root" || umount "$out/root"
  rm -rf "$out/root" "$out/upper" "$out/work" "$out/scratch"
}
others=()
trap cleanup EXIT
rm -rf "$out/scratch"
mkdir -p "$out/scratch"

# --- packages: this commit's, and an older binary in the same package

packages() {
  if [ -z "${REUSE:-}" ] || [ ! -d "$out/image" ]; then
    say "packages and images for amd64, arm64 and armhf"
    rm -rf "$out/deb" "$out/image"
    "$top/testdata/packaging/build.sh" "$out/deb" "$version" deb amd64 arm64 arm >/dev/null
    "$top/testdata/packaging/build.sh" "$out/image" "$version" image amd64 arm64 arm >/dev/null
  fi
  new=$(ls "$out"/deb/*_amd64.deb)
  local commit binary
  commit=$(git -C "$top" rev-parse -q --verify "$OLD^{commit}") || return 0
  binary="$out/postern-$commit"
  if [ ! -e "$binary" ]; then
    say "an older binary"
    git -C "$top" archive "$commit" --prefix=old/ | tar -x -C "$out/scratch"
    (cd "$out/scratch/old" && CGO_ENABLED=0 go build -trimpath -o "$binary" .)
  fi
  dpkg-deb -R "$new" "$out/scratch/package"
  cp "$binary" "$out/scratch/package/usr/bin/postern"
  # It says nothing to systemd.
  sed -i 's/^Type=notify/Type=exec/; /^WatchdogSec/d' "$out/scratch/package/lib/systemd/system/postern.service"
  sed -i 's/^Version: .*/Version: 0.0.0+1/' "$out/scratch/package/DEBIAN/control"
  dpkg-deb --root-owner-group -Zgzip -b "$out/scratch/package" "$out/scratch/old.deb" >/dev/null
}

# --- a Debian whose systemd runs

boot() {
  say "a Debian with systemd"
  if [ ! -e "$out/debian/etc/debian_version" ]; then
    rm -rf "$out/debian"
    debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,curl bookworm "$out/debian" \
      >"$out/debootstrap.log" 2>&1 ||
      fail "debootstrap: see $out/debootstrap.log"
  fi
  mkdir -p "$out/upper" "$out/work" "$out/root"
  mount -t overlay overlay -o "lowerdir=$out/debian,upperdir=$out/upper,workdir=$out/work" "$out/root"
  mkdir -p "$out/root/test"
  cp "$here/journeys.sh" "$out"/deb/*_amd64.deb "$out/root/test/"
  [ ! -e "$out/scratch/old.deb" ] || cp "$out/scratch/old.deb" "$out/root/test/"
  systemd-nspawn --quiet --directory="$out/root" --machine="$NAME" --register=no --keep-unit --private-network \
    --boot >"$out/console.log" 2>&1 </dev/null &
  nspawn=$!
  for _ in $(seq 100); do
    leader=$(pgrep -P "$nspawn" | head -n 1 || true)
    [ -z "$leader" ] || ! inside systemctl is-active --quiet multi-user.target 2>/dev/null || return 0
    sleep 0.3
  done
  fail "it does not start: see $out/console.log"
}

inside() {
  nsenter --target "$leader" --mount --uts --ipc --net --pid -- \
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 "$@"
}
refuses() { if inside "$@" >"$out/scratch/said" 2>&1; then fail "$* is not refused"; fi; }
journeys() { inside sh /test/journeys.sh http://127.0.0.1:8080 posternctl; }
journal() { inside journalctl -u postern -n 30 --no-pager; }
active() { inside systemctl is-active --quiet postern || fail "the service is not active: $(journal)"; }
property() { inside systemctl show postern -p "$1" --value; }
sum() { inside sha256sum /var/lib/postern/postern.db | cut -d ' ' -f 1; }

# --- what an administrator meets

first_install() {
  say "the first installation starts it, under its own user, confined"
  inside dpkg -i "/test/$(basename "$new")" >"$out/scratch/dpkg" 2>&1 || { cat "$out/scratch/dpkg"; fail "dpkg -i"; }
  active
  [ "$(property StatusText)" = "answers on 127.0.0.1:8080 as http://127.0.0.1:8080" ] ||
    fail "status: $(property StatusText)"
  pid=$(property MainPID)
  status=$(inside cat "/proc/$pid/status")
  for want in 'NoNewPrivs:	1' 'Seccomp:	2' 'CapEff:	0000000000000000' 'CapBnd:	0000000000000000'; do
    grep -q "^$want" <<<"$status" || fail "the process lacks $want"
  done
  [ "$(inside stat -c '%U %a' /var/lib/postern)" = "postern 700" ] || fail "the data directory's mode"
  [ "$(inside stat -c '%U %a' /etc/postern/secrets)" = "root 700" ] || fail "the secrets' mode"
  inside systemd-analyze security --threshold=20 --no-pager postern >"$out/scratch/exposure" ||
    fail "$(tail -n 1 "$out/scratch/exposure")"
  tail -n 1 "$out/scratch/exposure"
  inside systemd-analyze verify --man=no postern.service || fail "the unit"
  journeys
  inside posternctl config | grep >/dev/null '^POSTERN_DATA  */var/lib/postern ' || fail "posternctl's settings"
  refuses runuser -u nobody -- posternctl letter list
  grep -q 'this is for root: run sudo posternctl letter list' "$out/scratch/said" || fail "$(cat "$out/scratch/said")"
}

# The watchdog: a process that is stopped says nothing, and is started again.
watchdog() {
  say "a process that hangs is started again"
  inside mkdir -p /run/systemd/system/postern.service.d
  printf '[Service]\nWatchdogSec=2s\n' | inside tee /run/systemd/system/postern.service.d/watchdog.conf >/dev/null
  inside systemctl daemon-reload
  inside systemctl restart postern
  pid=$(property MainPID)
  sleep 5
  [ "$(property MainPID)" = "$pid" ] || fail "one that lives was killed"
  inside sh -c "kill -STOP $pid" # the shell's own: a small Debian has no kill
  for _ in $(seq 60); do
    [ "$(property MainPID)" = "$pid" ] || [ "$(property MainPID)" = 0 ] || break
    sleep 0.5
  done
  [ "$(property MainPID)" != "$pid" ] || fail "one that hangs was not killed"
  inside rm -r /run/systemd/system/postern.service.d
  inside systemctl daemon-reload
  inside systemctl restart postern
  active
}

secrets() {
  say "a password stands in a file of root's; wrong settings are told at once"
  printf 'POSTERN_SMTP_URL=smtp://gate@127.0.0.1:2525\nPOSTERN_PUBLIC_URL=https://gate.example.org\n%s\n%s\n' \
    'POSTERN_MAIL_FROM=Example Gate <gate@example.org>' \
    'POSTERN_SMTP_PASSWORD_FILE=/run/credentials/postern.service/secret_smtp-password' |
    inside tee -a /etc/default/postern >/dev/null
  inside systemctl restart postern 2>/dev/null && fail "it starts without the password"
  journal | grep >/dev/null 'POSTERN_SMTP_PASSWORD_FILE cannot be read' || fail "$(journal)"
  printf 's3cret' | inside sh -c 'umask 077; cat > /etc/postern/secrets/smtp-password'
  inside systemctl restart postern
  active
  inside posternctl config | grep >/dev/null '^POSTERN_MAIL_FROM  *Example Gate <gate@example.org>' ||
    fail "posternctl's settings"
  refuses posternctl letter check
  grep -q 'dial  *FAILED' "$out/scratch/said" || fail "$(cat "$out/scratch/said")"
  inside sed -i '/^POSTERN_/d' /etc/default/postern
  inside systemctl restart postern
  active
}

low_port() {
  say "port 443, by the drop-in that the unit has in a comment"
  inside mkdir -p /etc/systemd/system/postern.service.d
  (echo '[Service]' && sed -n '/^# Ports below/,/^[^#]/s/^#   //p' "$out/root/lib/systemd/system/postern.service") |
    inside tee /etc/systemd/system/postern.service.d/port.conf >/dev/null
  echo POSTERN_LISTEN=127.0.0.1:443 | inside tee -a /etc/default/postern >/dev/null
  inside systemctl daemon-reload
  inside systemctl restart postern
  active
  inside curl -sf http://127.0.0.1:443/healthz >/dev/null || fail "nothing answers on port 443"
  inside rm -r /etc/systemd/system/postern.service.d
  inside sed -i '/^POSTERN_/d' /etc/default/postern
  inside systemctl daemon-reload
  inside systemctl restart postern
  active
}

backups() {
  say "backups have a directory of their own, and purging leaves them"
  echo POSTERN_BACKUP_DIR=/var/backups/postern | inside tee -a /etc/default/postern >/dev/null
  inside systemctl restart postern
  for _ in $(seq 100); do [ -z "$(inside ls /var/backups/postern)" ] || break; sleep 0.3; done
  [ -n "$(inside ls /var/backups/postern)" ] || fail "no backup was made: $(journal)"
  inside sed -i '/^POSTERN_/d' /etc/default/postern
  inside systemctl restart postern
}

upgrade() {
  [ -e "$out/scratch/old.deb" ] || { say "no older commit is here: upgrades are not tested"; return; }
  say "an upgrade from schema 3 with data: one that fails leaves the file, one that works keeps all"
  inside dpkg --purge postern >/dev/null 2>&1
  inside dpkg -i /test/old.deb >"$out/scratch/dpkg" 2>&1 || { cat "$out/scratch/dpkg"; fail "dpkg -i old.deb"; }
  for _ in $(seq 100); do inside curl -sf http://127.0.0.1:8080/readyz >/dev/null && break; sleep 0.1; done
  journeys
  echo 'POSTERN_ORGANISATION=Example NV' | inside tee -a /etc/default/postern >/dev/null
  bikers=$(inside posternctl letter list | grep -c welcome)

  # The copy that is made before a migration cannot be written.
  inside systemctl stop postern
  before=$(sum)
  inside mkdir /var/lib/postern/postern.db.schema-3.bak
  inside dpkg -i --force-confold "/test/$(basename "$new")" >"$out/scratch/dpkg" 2>&1 || true
  refuses systemctl start postern
  journal | grep >/dev/null 'schema-3.bak' || fail "nothing tells why it does not start"
  inside systemctl stop postern
  [ "$(sum)" = "$before" ] || fail "a migration that failed has changed the data file"

  inside rmdir /var/lib/postern/postern.db.schema-3.bak
  inside systemctl start postern
  active
  inside test -s /var/lib/postern/postern.db.schema-3.bak || fail "no copy was made"
  [ "$(inside posternctl letter list | grep -c welcome)" = "$bikers" ] || fail "letters are lost"
  inside grep -q '^POSTERN_ORGANISATION=Example NV' /etc/default/postern || fail "the settings are lost"
  [ "$(inside posternctl check)" = "the data file is sound" ] || fail "the migrated file"
  journeys

  say "the same package again restarts it"
  pid=$(property MainPID)
  inside dpkg -i --force-confold "/test/$(basename "$new")" >/dev/null 2>&1
  active
  [ "$(property MainPID)" != "$pid" ] || fail "it was not restarted"
}

purge() {
  say "removing keeps data, purging deletes them, and neither asks"
  inside dpkg --remove postern >/dev/null 2>&1 </dev/null
  inside test -s /var/lib/postern/postern.db || fail "removing deletes the data"
  inside test -s /etc/default/postern || fail "removing deletes the settings"
  if inside systemctl is-active --quiet postern; then fail "it still runs"; fi
  inside dpkg -i --force-confold "/test/$(basename "$new")" >/dev/null 2>&1
  active
  inside dpkg --purge postern >"$out/scratch/purge" 2>&1 </dev/null || { cat "$out/scratch/purge"; fail "purge"; }
  for gone in /var/lib/postern /etc/default/postern /etc/postern /usr/bin/postern; do
    inside test ! -e "$gone" || fail "purging leaves $gone"
  done
  [ -n "$(inside ls /var/backups/postern)" ] || fail "purging deletes backups"
}

by_hand() {
  say "without the package: postern install | sh"
  inside sh -c "dpkg-deb --fsys-tarfile /test/$(basename "$new") | tar -x -O ./usr/bin/postern > /test/postern"
  inside chmod 755 /test/postern
  inside sh -c '/test/postern install | sh' 2>/dev/null
  active
  inside sh /test/journeys.sh http://127.0.0.1:8080 /usr/local/sbin/posternctl
  inside systemctl disable --now postern 2>/dev/null
}

# --- other processors, and the image

# free_port: one on which nobody answers.
free_port() {
  local port
  while port=$((20000 + RANDOM % 10000)) && (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do :; done
  echo "$port"
}

# serve URL COMMAND…: waits until it answers.
serve() {
  local url=$1
  shift
  "$@" >"$out/scratch/serve.log" 2>&1 &
  others+=($!)
  for _ in $(seq 300); do curl -sf "$url/healthz" >/dev/null && return; sleep 0.2; done
  cat "$out/scratch/serve.log"
  fail "$* does not answer"
}

emulated() {
  local port arch qemu
  for arch in arm64 armhf; do
    case $arch in arm64) qemu=qemu-aarch64-static ;; *) qemu=qemu-arm-static ;; esac
    say "$arch under $qemu"
    port=$(free_port)
    dpkg-deb -x "$out"/deb/*_"$arch".deb "$out/scratch/$arch"
    export POSTERN_DATA="$out/scratch/data-$arch" POSTERN_LISTEN=127.0.0.1:$port
    serve "http://127.0.0.1:$port" "$qemu" "$out/scratch/$arch/usr/bin/postern" serve
    sh "$here/journeys.sh" "http://127.0.0.1:$port" "$qemu" "$out/scratch/$arch/usr/bin/postern"
    kill "${others[-1]}"
    wait "${others[-1]}" || fail "$arch does not end well"
  done
}

image() {
  local port arch layer
  port=$(free_port)
  say "the image: read by skopeo, run by bubblewrap as its user, on a file system that cannot be written"
  for arch in amd64 arm64 arm; do
    skopeo --override-arch $arch inspect "oci:$out/image" >/dev/null || fail "the image of $arch"
  done
  skopeo copy --quiet --override-arch amd64 "oci:$out/image" "dir:$out/scratch/image"
  mkdir "$out/scratch/rootfs" "$out/scratch/volume"
  for layer in $(grep -o '"sha256:[0-9a-f]*"' "$out/scratch/image/manifest.json" | tr -d '"' | tail -n +2); do
    tar -xzf "$out/scratch/image/${layer#sha256:}" -C "$out/scratch/rootfs" --same-owner
  done
  [ "$(grep -c BEGIN "$out/scratch/rootfs/etc/ssl/certs/ca-certificates.crt")" -gt 100 ] || fail "the image's roots"
  mkdir "$out/scratch/rootfs/proc" "$out/scratch/rootfs/dev" # as runtimes do
  chown 65532:65532 "$out/scratch/volume"
  chmod 755 "$out/scratch"
  run=(setpriv --reuid 65532 --regid 65532 --clear-groups
    bwrap --die-with-parent --unshare-pid --ro-bind "$out/scratch/rootfs" / --proc /proc --dev /dev
    --bind "$out/scratch/volume" /var/lib/postern --chdir /var/lib/postern --clearenv
    --setenv POSTERN_DATA /var/lib/postern --setenv POSTERN_LISTEN "127.0.0.1:$port" /usr/bin/postern)
  serve "http://127.0.0.1:$port" "${run[@]}" serve
  sh "$here/journeys.sh" "http://127.0.0.1:$port" "${run[@]}"
  [ "$("${run[@]}" check)" = "the data file is sound" ] || fail "check in the image"
  kill "${others[-1]}"
}

packages
for step in ${STEPS:-boot first_install watchdog secrets low_port backups upgrade purge by_hand emulated image}; do
  "$step"
done
echo "All of it holds."
