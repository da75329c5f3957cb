#!/usr/bin/env bash
# The recipes of docs/clusters.md on the real schedulers, on this machine: GNU parallel, Snakemake with the file that the page shows,
# HyperQueue through its Python package. Each has to give the bytes of one run.
#
#   tests/clusters.sh PROGRAM     needs `parallel` and Python; Snakemake and HyperQueue are installed into a scratch environment
set -euo pipefail
cd "$(dirname "$0")/.."
page=$PWD/docs/clusters.md
program=$(realpath "${1:?usage: tests/clusters.sh PROGRAM}")
case_file=$PWD/cases/ni_d60_297C.toml
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
mkdir bin
ln -s "$program" bin/nanomold
PATH=$PWD/bin:$PATH
cat > sweep.toml <<SWEEP
name = "s"
case_file = "$case_file"
model = "reduced"
[set]
output.plots = false
[[axis]]
key = "pore.diameter_nm"
from = 10
to = 200
points = 37
SWEEP
export SWEEP=$PWD/sweep.toml OUT=$PWD/parallel
nanomold sweep "$SWEEP" --out one -q
same() { cmp one/sweep.csv "$1/sweep.csv" && echo "$2: the same bytes"; }

mkdir parallel
parallel --jobs 1 --joblog "$OUT/log" --resume-failed \
    nanomold sweep "$SWEEP" --shard {}/8 --out "$OUT/shard_{}" --resume -q ::: 1 2 3 4 5 6 7 8
nanomold merge "$SWEEP" "$OUT"/shard_* --out "$OUT/whole"
same parallel/whole "GNU parallel"

python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check snakemake hyperqueue
# The file is the page's.
sed -n '/^## Snakemake/,$ { /^```python/,/^```$/ { /^```/d; p } }' "$page" > Snakefile
PATH=$PWD/python/bin:$PATH snakemake --cores 2 --quiet all
same out/whole Snakemake

cat > queue.py <<'PYTHON'
from hyperqueue import Job, LocalCluster
from hyperqueue.cluster import WorkerConfig

# Tasks of a job made in Python count from 0, those of `hq submit --array=1-100` as they are named.
share = 'nanomold sweep "$SWEEP" --shard $((HQ_TASK_ID + 1))/4 --out queue/shard_$HQ_TASK_ID --jobs 1 --resume -q'
with LocalCluster() as cluster:
    cluster.start_worker(WorkerConfig(cores=2))
    job = Job()
    for _ in range(4):
        job.program(["sh", "-c", share])
    client = cluster.client()
    client.wait_for_jobs([client.submit(job)])
PYTHON
python/bin/python queue.py
nanomold merge "$SWEEP" queue/shard_* --out queue/whole
same queue/whole HyperQueue
