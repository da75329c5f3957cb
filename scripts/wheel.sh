#!/usr/bin/env bash
# The Python wheel, one for every Python from 3.9 on, into dist/. Needs Rust and maturin (pip install maturin).
#
#   scripts/wheel.sh                 the one to give away: small and quick, and slow to build
#   scripts/wheel.sh --profile dev   quickly, for tests: shares the build of `cargo test`
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- --profile dist
case " $* " in
    *" --out "*) ;;
    *) set -- "$@" --out dist ;;
esac
maturin build --manifest-path python/Cargo.toml "$@"
