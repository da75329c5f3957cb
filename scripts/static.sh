#!/usr/bin/env bash
# The program as one static file for Linux on x86-64, into dist/, and a trial of it where there is nothing else.
#
#   scripts/static.sh             build, strip, try
#   scripts/static.sh --no-chroot without the trial in an empty root, which needs root
#
# Graphics drivers are loaded at run time where there are some; a static program finds none and says so: it computes on the CPU.
# Needs Rust and, on Debian, musl-tools.
set -euo pipefail
cd "$(dirname "$0")/.."
target=x86_64-unknown-linux-musl
# 15 MB, so that it goes through a mail.
largest=15000000

rustup target add "$target"
cargo build --profile dist --target "$target"
built=${CARGO_TARGET_DIR:-target}/$target/dist/nanomold
mkdir -p dist
cp "$built" dist/nanomold-x86_64-linux
size=$(stat -c %s dist/nanomold-x86_64-linux)
echo "dist/nanomold-x86_64-linux: $size bytes"
if [ "$size" -gt "$largest" ]; then
    echo "the program has more than $largest bytes" >&2
    exit 1
fi
if [ "${1:-}" = --no-chroot ]; then exit; fi
if [ "$(id -u)" -ne 0 ]; then
    echo "not tried in an empty root: that needs root" >&2
    exit 1
fi

empty=$(mktemp -d)
trap 'rm -rf "$empty"' EXIT
mkdir "$empty/tmp"
cp dist/nanomold-x86_64-linux "$empty/nanomold"
cp -r cases meshes "$empty/"
chroot "$empty" /nanomold --version
chroot "$empty" /nanomold devices
chroot "$empty" /nanomold run /cases/ni_d60_297C.toml --set mesh.cells_per_radius=8 --set output.frames=2 --out /out
chroot "$empty" /nanomold sweep /cases/sweeps/fig5_ni.toml --out /sweep -q
test -s "$empty/out/length.png" && test -s "$empty/sweep/sweep.csv"
echo "tried in an empty root"
