#!/usr/bin/env bash
# A sweep as a Slurm job array: every task computes its share and can be killed and requeued at any moment.
#
#   sbatch --array=1-8 --cpus-per-task=16 scripts/slurm_sweep.sh cases/sweeps/fig5_ni.toml out/fig5 [options of `nanomold sweep`]
#   nanomold merge cases/sweeps/fig5_ni.toml out/fig5/shard_*_of_8 --out out/fig5/whole
#
# The array has to begin at 1; --array=1-100%10 lets ten tasks run at a time. Some tasks again, with the number of shares that they
# were made with: NANOMOLD_SHARES=100 sbatch --array=17,42 … NANOMOLD names the program where it is not on the path.
#SBATCH --job-name=nanomold
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=nanomold_%A_%a.log
set -euo pipefail

sweep=${1:?usage: sbatch --array=1-N scripts/slurm_sweep.sh SWEEP.toml OUT [options]}
out=${2:?the folder for the shards}
shift 2
: "${SLURM_ARRAY_TASK_ID:?this is a job array: sbatch --array=1-N …}"
shares=${NANOMOLD_SHARES:-}
if [ -z "$shares" ]; then
    if [ "${SLURM_ARRAY_TASK_MIN:-1}" -ne 1 ] || [ "$SLURM_ARRAY_TASK_MAX" -ne "$SLURM_ARRAY_TASK_COUNT" ]; then
        echo "the array has to be 1-N: shares are counted from 1 and all are needed (for some of them again, set NANOMOLD_SHARES=N)" >&2
        exit 2
    fi
    shares=$SLURM_ARRAY_TASK_COUNT
fi
shard=$SLURM_ARRAY_TASK_ID/$shares

# --resume: after a requeue the rows that are there stay; a fresh folder is begun.
exec "${NANOMOLD:-nanomold}" sweep "$sweep" --shard "$shard" --out "$out/shard_${shard/\//_of_}" \
    --jobs "${SLURM_CPUS_PER_TASK:-1}" --resume "$@"
