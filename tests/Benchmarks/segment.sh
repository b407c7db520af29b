#!/bin/bash
# Volume to mask: the bundled segmentation on a head of 40 slices of 512 x 512, beside the same network run slice by slice on the full matrix in PyTorch.
#   tests/Benchmarks/segment.sh [REPETITIONS]     5 alternating runs of each unless told otherwise; docs/inference-benchmark.md has the figures
# Needs python3-torch, python3-numpy and python3-onnx (Debian packages).
set -eu
repository=$(cd "$(dirname "$0")/../.." && pwd)
repetitions=${1:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet build "$repository/tests/Benchmarks" -c Release -v quiet -nologo -clp:NoSummary
ours="dotnet $repository/tests/Benchmarks/bin/Release/net10.0/HematomaPacsAgent.Benchmarks.dll"
$ours segment-volume "$work/volume.raw"
for _ in $(seq "$repetitions"); do
    $ours segment "$work/volume.raw" "$repository/models/hematoma-seg-phantom" 2
    /usr/bin/python3 "$repository/tests/Benchmarks/segment_torch.py" "$work/volume.raw" 40 "$repository/models/hematoma-seg-phantom" 2
done
