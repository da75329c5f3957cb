#!/usr/bin/env bash
# Lints a crate of this repository with clippy and then compiles it: for RUSTC_WORKSPACE_WRAPPER. Cargo calls it with rustc and what it
# would give to rustc.
#
# `cargo clippy` checks every dependency once more, apart from the build of the tests: four minutes on two cores. Here both stand on one
# build, and a warning of clippy fails it.
set -euo pipefail
rustc=$1
shift

# Questions of cargo, as for the version, and crates that are compiled for the machine that builds are none of clippy's business.
lint=false
arguments=()
previous=
for argument in "$@"; do
    case "$previous" in
        --crate-name) case "$argument" in ___ | build_script_build) ;; *) lint=true ;; esac ;;
    esac
    case "$argument" in
        # Without code, and not in the place of what is compiled.
        --emit=*) arguments+=(--emit=metadata) ;;
        # Cargo would take clippy's metadata for those of rustc, which are not there yet.
        --json=*) arguments+=("${argument/,artifacts/}") ;;
        --out-dir) ;;
        incremental=*) arguments+=("$argument-lint") ;;
        *) [ "$previous" = --out-dir ] || arguments+=("$argument") ;;
    esac
    previous=$argument
done
if [ "$lint" = true ]; then
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    clippy-driver "$rustc" "${arguments[@]}" --out-dir "$scratch" -Dwarnings
fi
"$rustc" "$@"
