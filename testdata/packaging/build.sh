#!/bin/sh
# Builds Debian packages or the OCI image: build.sh OUT VERSION deb|image ARCH…, where ARCH is Go's: amd64, arm64, arm.
# The same commit gives the same bytes: all times are the commit's, and what the binary prints of itself (the unit, the
# man pages, completions) depends on nothing of this machine.
set -eu
umask 022
here=$(cd "$(dirname "$0")" && pwd)
GO=${GO:-go}
out=$1 version=$2 what=$3
shift 3
mkdir -p "$out"
out=$(cd "$out" && pwd)

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$here" log -1 --format=%ct)} ||
  { echo "build.sh: no commit here tells the time of the build: set SOURCE_DATE_EPOCH" >&2; exit 1; }
export SOURCE_DATE_EPOCH
commit=$(git -C "$here" rev-parse HEAD 2>/dev/null || true)

# A tag v1.2.3 is version 1.2.3, v1.3.0-rc1 sorts below 1.3.0, and what has none below all, by its time.
case $version in
  v[0-9]*) PACKAGE_VERSION=$(echo "${version#v}" | sed -E 's/-(alpha|beta|rc)/~\1/; s/-/+/g') ;;
  *) PACKAGE_VERSION=0.0.0+$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M%S).$(echo "$version" | tr - .) ;;
esac

# binary ARCH FILE
binary() {
  (cd "$here/../.." && CGO_ENABLED=0 GOOS=linux GOARCH=$1 GOARM=7 GOFLAGS= \
    "$GO" build -trimpath -ldflags "-s -w -X main.version=$version -X main.commit=$commit" -o "$2" .)
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
if [ "$what" = image ]; then
  for arch; do binary "$arch" "$scratch/$arch"; done
  (cd "$here" && GOFLAGS= "$GO" run ./image -out "$out" -version "$PACKAGE_VERSION" "$scratch"/*)
  exit
fi

binary "$("$GO" env GOHOSTARCH)" "$scratch/self"
STAGE="$scratch/stage"
mkdir -p "$STAGE/man/man1" "$STAGE/man/man5" "$STAGE/man/man8"
self="$scratch/self"
"$self" install --unit --binary /usr/bin/postern > "$STAGE/postern.service"
"$self" install --ctl --binary /usr/bin/postern > "$STAGE/posternctl"
"$self" install --env > "$STAGE/default"
for shell in bash zsh fish; do "$self" completion $shell > "$STAGE/postern.$shell"; done
"$self" man "$scratch/pages" >/dev/null
for page in "$scratch"/pages/*; do
  gzip -9 -n < "$page" > "$STAGE/man/man${page##*.}/${page##*/}.gz"
done
(cd "$here" && GOFLAGS= "$GO" build -o "$scratch/nfpm" github.com/goreleaser/nfpm/v2/cmd/nfpm)
for arch; do
  binary "$arch" "$STAGE/postern"
  case $arch in arm) ARCH=arm7 ;; *) ARCH=$arch ;; esac
  sed -e "s|\${ARCH}|$ARCH|; s|\${PACKAGE_VERSION}|$PACKAGE_VERSION|; s|\${STAGE}|$STAGE|" "$here/nfpm.yaml" \
    > "$scratch/nfpm.yaml"
  (cd "$here" && "$scratch/nfpm" package --config "$scratch/nfpm.yaml" --packager deb --target "$out")
done
