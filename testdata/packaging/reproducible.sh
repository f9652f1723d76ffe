#!/bin/sh
# Builds packages and image twice from the same commit, the second time from a clone in another directory and without
# what the compiler has kept, and compares their bytes: reproducible.sh OUT VERSION ARCH…
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$1 version=$2
shift 2
rm -rf "$out"
mkdir -p "$out"
out=$(cd "$out" && pwd)

# Both from clones: what is not committed is in neither.
for n in first second; do
  git clone --quiet "$here/../.." "$out/$n-clone-of-postern"
  [ $n = first ] || { GOCACHE="$out/cache"; export GOCACHE; }
  "$out/$n-clone-of-postern/testdata/packaging/build.sh" "$out/$n/deb" "$version" deb "$@" >/dev/null
  "$out/$n-clone-of-postern/testdata/packaging/build.sh" "$out/$n/image" "$version" image "$@" >/dev/null
done
diff -r "$out/first" "$out/second"
(cd "$out/first" && find . -type f -size +100k -exec sha256sum {} + | sort -k 2)
rm -rf "$out"
echo "Two builds, the same bytes."
