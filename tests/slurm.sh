#!/usr/bin/env bash
# scripts/slurm_sweep.sh on a real Slurm: controller and daemon on the loopback address, a task killed in mid-run and
# requeued, the shards merged and compared with one run. Needs root and Debian's slurm-wlm and munge.
#
#   tests/slurm.sh PROGRAM
set -euo pipefail
cd "$(dirname "$0")/.."
NANOMOLD=$(realpath "${1:?usage: tests/slurm.sh PROGRAM}")
export NANOMOLD
for tool in slurmctld slurmd munged sbatch; do
    command -v "$tool" >/dev/null || { echo "$tool is missing: install slurm-wlm and munge" >&2; exit 1; }
done

scratch=$(mktemp -d)
chmod 755 "$scratch"
pids=()
cleanup() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    sleep 1
    rm -rf "$scratch"
}
trap cleanup EXIT
mkdir -p "$scratch"/{state,spool,munge}
chmod 700 "$scratch/munge"

head -c 1024 /dev/urandom > "$scratch/munge/key"
chmod 400 "$scratch/munge/key"
munged --foreground --force --key-file="$scratch/munge/key" --socket="$scratch/munge.socket" --pid-file="$scratch/munge/pid" \
    --seed-file="$scratch/munge/seed" --log-file="$scratch/munge/log" &
pids+=($!)

host=$(hostname -s)
cat > "$scratch/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=16817
SlurmdPort=16818
AuthType=auth/munge
AuthInfo=socket=$scratch/munge.socket
CredType=cred/munge
StateSaveLocation=$scratch/state
SlurmdSpoolDir=$scratch/spool
SlurmctldPidFile=$scratch/slurmctld.pid
SlurmdPidFile=$scratch/slurmd.pid
SlurmctldLogFile=$scratch/slurmctld.log
SlurmdLogFile=$scratch/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SwitchType=switch/none
MpiDefault=none
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
JobRequeue=1
# A requeued task may start at once.
SchedulerParameters=requeue_delay=1
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$scratch/slurm.conf
sleep 1
slurmctld -D -c &
pids+=($!)
slurmd -D &
pids+=($!)
for _ in $(seq 30); do sinfo -h -o %T 2>/dev/null | grep -q idle && break; sleep 1; done
sinfo
sinfo -h -o %T | grep -q idle

cat > "$scratch/sweep.toml" <<SWEEP
name = "slurm"
case_file = "$PWD/cases/ni_d60_297C.toml"
model = "full"
[set]
front.model = "flat"
mesh.cells_per_radius = 8
output.frames = 0
[[axis]]
key = "pore.diameter_nm"
from = 15
to = 200
points = 40
scale = "logarithmic"
[[axis]]
key = "process.temperature_C"
values = [277, 287, 297]
SWEEP
"$NANOMOLD" sweep "$scratch/sweep.toml" --out "$scratch/whole" -q

job=$(sbatch --parsable --array=1-2 --output="$scratch/%a.log" scripts/slurm_sweep.sh "$scratch/sweep.toml" "$scratch/out")
# Kill task 1 in mid-run: rows are there, but not all of them.
table=$scratch/out/shard_1_of_2/sweep.csv
rows() { if [ -f "$table" ]; then wc -l < "$table"; else echo 0; fi; }
for _ in $(seq 600); do [ "$(rows)" -gt 5 ] && break; sleep 0.05; done
before=$(rows)
scancel --signal=KILL --full "${job}_1"
sleep 2
scontrol requeue "${job}_1"
echo "task 1 killed and requeued with $((before - 1)) of 60 rows"
[ "$before" -gt 5 ] && [ "$before" -lt 61 ]
for _ in $(seq 240); do [ -z "$(squeue -h)" ] && break; sleep 1; done
squeue
cat "$scratch"/[12].log
"$NANOMOLD" merge "$scratch/sweep.toml" "$scratch"/out/shard_*_of_2 --out "$scratch/merged"
cmp "$scratch/whole/sweep.csv" "$scratch/merged/sweep.csv"
grep -Eq '[1-9][0-9]* were there' "$scratch/1.log"
echo "Slurm: killed, requeued and merged to the same bytes"
