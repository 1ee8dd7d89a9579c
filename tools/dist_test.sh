#!/usr/bin/env bash
# usage: tools/dist_test.sh CONFIG CHECKPOINT NUM_PROCESSES [options of tools/test.py]
# NNODES, NODE_RANK, MASTER_ADDR and MASTER_PORT place this machine among several.
set -euo pipefail
config=$1 checkpoint=$2 processes=$3; shift 3
here=$(dirname "$0")
where=(--standalone)
if [ "${NNODES:-1}" -gt 1 ]; then
  where=(--node_rank "${NODE_RANK:?}" --master_addr "${MASTER_ADDR:?}" --master_port "${MASTER_PORT:-29500}")
fi
export PYTHONPATH="$here/..:${PYTHONPATH:-}"
exec python -m mmtal.experiments.processes --nnodes "${NNODES:-1}" --nproc_per_node "$processes" "${where[@]}" \
  "$here/test.py" "$config" "$checkpoint" --launcher pytorch "$@"
