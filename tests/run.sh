#!/usr/bin/env bash
# Runs every check, after installing what is missing on a Debian-like machine.
#
#   tests/run.sh           formatting, lints, tests, one real case read back by VTK
#   tests/run.sh --long    also the grids and cases that take minutes (NANOMOLD_LONG=1), sweeps on a real Slurm
#                          (as root), and the Python module as a wheel in an environment of its own
set -euo pipefail
cd "$(dirname "$0")/.."

long=false
for option in "$@"; do
    case "$option" in
        --long) long=true ;;
        *) echo "usage: tests/run.sh [--long]" >&2; exit 2 ;;
    esac
done

step() { printf '\n== %s\n' "$*"; }

if ! command -v cargo >/dev/null; then
    echo "cargo is missing: install Rust first, see https://rustup.rs" >&2
    exit 1
fi

# apt as root or through sudo; without either, say what to install.
apt_install() {
    local run=()
    if [ "$(id -u)" -ne 0 ]; then run=(sudo); fi
    if ! command -v apt-get >/dev/null || { [ "${#run[@]}" -gt 0 ] && ! command -v sudo >/dev/null; }; then
        echo "please install: $*" >&2
        exit 1
    fi
    "${run[@]}" apt-get update
    "${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# The linker and C runtime that every Rust toolchain needs.
if ! command -v cc >/dev/null; then
    step "install a linker"
    apt_install gcc libc6-dev
fi
if ! cargo fmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
    step "install rustfmt and clippy"
    rustup component add rustfmt clippy
fi

# Checks the translation of every shader to SPIR-V.
if ! command -v spirv-val >/dev/null; then
    step "install spirv-val"
    apt_install spirv-tools
fi

# A Python that has VTK, and what the module's tests need: the one in .venv/, made when it is not there or not complete.
python=.venv/bin/python3
has_vtk() { "$1" -c 'import sys, meshio, numpy, pandas, pytest, pyvista, vtk, xarray; sys.exit(vtk.vtkVersion.GetVTKMajorVersion() < 9)' >/dev/null 2>&1; }
if ! has_vtk "$python"; then
    step "install what Python tests with into .venv/"
    # ensurepip is what Debian leaves out of python3 when python3-venv is missing.
    python3 -c 'import ensurepip, venv' >/dev/null 2>&1 || apt_install python3 python3-venv
    python3 -m venv --clear .venv
    "$python" -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
    # The wheel loads these from the system.
    has_vtk "$python" || apt_install libgl1 libegl1 libxrender1 libxext6 libx11-6 libxcursor1 libgomp1 libglib2.0-0
    "$python" -c 'import numpy, vtk; print("VTK", vtk.VTK_VERSION)'
fi
NANOMOLD_VTK_PYTHON=$PWD/$python
export NANOMOLD_VTK_PYTHON

step "formatting"
cargo fmt --all --check
# Also what other systems and the Python module need: licences are checked from it without a network.
cargo fetch --locked

# One profile for everything below, so that nothing is compiled twice: Cargo.toml says how it is optimised. The program and the tests
# share one build of everything that they depend on, and are linted on the way.
step "lints and build"
export RUSTC_WORKSPACE_WRAPPER=$PWD/scripts/lint_and_compile.sh
# With the Python module: chosen together, it stands on the same build of everything as the tests do.
cargo build --workspace --lib --bins --tests
nanomold=${CARGO_TARGET_DIR:-target}/debug/nanomold

# The tests compute on an adapter; a software one will do. None at all is a failure, not a reason to skip them.
step "adapters"
has_adapter() { "$nanomold" devices --json | grep -q '"max_buffer_bytes"'; }
if ! has_adapter; then
    apt_install mesa-vulkan-drivers libvulkan1
    if ! has_adapter; then
        "$nanomold" devices >&2
        echo "there is no GPU and no software adapter that the tests could use" >&2
        exit 1
    fi
fi
"$nanomold" devices
# The kernels are also compiled by Mesa's driver for AMD, for a device that is not there.
ls /usr/share/vulkan/icd.d/radeon_icd* >/dev/null 2>&1 || apt_install mesa-vulkan-drivers libvulkan1

step "tests"
cargo test
step "written fields against the real VTK, and damaged ones against the checker"
cargo test --test cli -- --ignored --exact output::read_by_vtk
step "a checkpoint read by numpy as the documentation says"
cargo test --test checkpoint -- --ignored --exact numpy_reads_a_checkpoint_as_the_documentation_says
if [ "$long" = true ]; then
    step "benchmarks and the Python module: lints"
    RUSTC_WORKSPACE_WRAPPER='' cargo clippy --workspace --all-targets -- -D warnings
    step "long tests"
    NANOMOLD_LONG=1 cargo test --test checkpoint --test flow --test front --test simulation
    step "a job array on a real Slurm: killed in mid-run, requeued, merged"
    if [ "$(id -u)" -ne 0 ]; then
        echo "tests/slurm.sh was not run: controller and daemons need root" >&2
        exit 1
    fi
    for tool in slurmctld slurmd munged sbatch; do
        if ! command -v "$tool" >/dev/null; then
            apt_install slurm-wlm munge
            break
        fi
    done
    tests/slurm.sh "$nanomold"
    step "the recipes of docs/clusters.md: GNU parallel, Snakemake, HyperQueue"
    command -v parallel >/dev/null || apt_install parallel
    tests/clusters.sh "$nanomold"
    step "the programs to give away, the static one tried in an empty root"
    scripts/programs.sh
fi

step "a case of the paper, end to end"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$nanomold" run cases/ni_d60_297C.toml --out "$scratch/ni_d60_297C"
"$python" tests/vtk_reader.py "$scratch/ni_d60_297C"
# A coarse one with a wire to turn, and the checker on damaged copies of it.
"$nanomold" run cases/ni_d60_297C.toml --revolve --set mesh.cells_per_radius=8 --set output.frames=3 --out "$scratch/wire"
"$python" tests/vtk_reader.py --self-test "$scratch/wire"

step "a run with all times in one file"
"$nanomold" run cases/ni_d60_297C.toml --set output.format=vtkhdf --set mesh.cells_per_radius=8 --set output.frames=3 --out "$scratch/hdf"
"$python" tests/vtk_reader.py --self-test "$scratch/hdf"

step "the Python module"
# As a wheel lays it out; the wheel itself takes minutes to build and is tried by --long.
site=$("$python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')
rm -rf "$site/nanomold"
cp -r python/nanomold "$site/nanomold"
cp "${CARGO_TARGET_DIR:-target}/debug/lib_nanomold.so" "$site/nanomold/_nanomold.abi3.so"
printf '#!%s\nfrom nanomold._program import main\nraise SystemExit(main())\n' "$PWD/.venv/bin/python3" >.venv/bin/nanomold
chmod +x .venv/bin/nanomold
timeout 300 "$python" -m pytest -q -rs -p no:cacheprovider python/tests

if [ "$long" = true ]; then
    step "the Python module: a wheel, in a fresh environment"
    python3 -m venv "$scratch/python"
    "$scratch/python/bin/pip" install --quiet --disable-pip-version-check maturin numpy pandas pytest xarray
    # The one that is given away, as its profile makes it.
    PATH=$scratch/python/bin:$PATH scripts/wheel.sh --profile dist --out "$scratch/wheels"
    "$scratch/python/bin/pip" install --quiet --disable-pip-version-check "$scratch"/wheels/nanomold-*.whl
    NANOMOLD_LONG=1 timeout 300 "$scratch/python/bin/python" -m pytest -q -rs -p no:cacheprovider python/tests
fi

step "all checks passed"
