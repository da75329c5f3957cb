#!/usr/bin/env bash
# The program as files for Linux on x86-64 to give away, into dist/, each tried.
#
#   scripts/programs.sh             both: build, strip, try
#   scripts/programs.sh static      nanomold-x86_64-linux-static: runs wherever Linux does, tried in an empty root, which needs root
#   scripts/programs.sh dynamic     nanomold-x86_64-linux-gnu: for systems as new as this one; computes on the GPU if there is one
#   NO_CHROOT=1 scripts/programs.sh without the trial in an empty root
#
# Graphics drivers are loaded at run time where there are some. A static program can load none and says so: it computes on the CPU.
# Needs Rust and, for the static program on Debian, musl-tools.
set -euo pipefail
cd "$(dirname "$0")/.."
# 15 MB, so that it goes through a mail.
largest=15000000
target_dir=${CARGO_TARGET_DIR:-target}

# Puts the program into dist/ under its name.
give() {
    mkdir -p dist
    cp "$1" "dist/$2"
    local size
    size=$(stat -c %s "dist/$2")
    echo "dist/$2: $size bytes"
    if [ "$size" -gt "$largest" ]; then
        echo "the program has more than $largest bytes" >&2
        exit 1
    fi
}

# Everything that it does without a driver: in the root $1, as the program $2, with the files of the project beside it.
try() {
    local root=$1 run=()
    if [ -n "$root" ]; then run=(chroot "$root"); fi
    "${run[@]}" "$2" --version
    "${run[@]}" "$2" devices
    "${run[@]}" "$2" run "$3/cases/ni_d60_297C.toml" --set mesh.cells_per_radius=8 --set output.frames=2 --out "$4/out"
    "${run[@]}" "$2" sweep "$3/cases/sweeps/fig5_ni.toml" --out "$4/sweep" -q
    test -s "$root$4/out/length.png" && test -s "$root$4/sweep/sweep.csv"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

make_static() {
    local target=x86_64-unknown-linux-musl
    rustup target add "$target"
    cargo build --profile dist --target "$target"
    give "$target_dir/$target/dist/nanomold" nanomold-x86_64-linux-static
    if [ -n "${NO_CHROOT:-}" ]; then return; fi
    if [ "$(id -u)" -ne 0 ]; then
        echo "not tried in an empty root: that needs root" >&2
        exit 1
    fi
    local empty=$scratch/root
    mkdir -p "$empty/tmp"
    cp dist/nanomold-x86_64-linux-static "$empty/nanomold"
    cp -r cases meshes "$empty/"
    try "$empty" /nanomold "" ""
    echo "tried in an empty root"
}

make_dynamic() {
    cargo build --profile dist
    give "$target_dir/dist/nanomold" nanomold-x86_64-linux-gnu
    try "" dist/nanomold-x86_64-linux-gnu . "$scratch"
}

case "${1:-both}" in
    both) make_static; make_dynamic ;;
    static) make_static ;;
    dynamic) make_dynamic ;;
    *) echo "usage: scripts/programs.sh [static|dynamic]" >&2; exit 2 ;;
esac
