#!/usr/bin/python3
"""segment_torch.py VOLUME.raw SLICES MODEL_FOLDER REPETITIONS
The peer of `segment.sh`: the bundled 2.5D U-Net in PyTorch, slice by slice on the full 512 x 512 matrix, from Hounsfield units in memory to a mask.
Weights are those of model.onnx (exported with batch norm folded into its convolutions); the golden pair says that it is the same network."""
import json
import os
import resource
import sys
import time
import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch.nn import functional as F


def network(path):
    """The graph's convolutions in order; the U-Net's structure is that of models/training/unet.py."""
    graph = onnx.load(path).graph
    tensors = {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in graph.initializer}
    layers = [[tensors[name] for name in node.input[1:]] for node in graph.node if node.op_type in ("Conv", "ConvTranspose")]
    levels = sum(node.op_type == "ConvTranspose" for node in graph.node) + 1

    def double(x, it):
        for _ in range(2): x = F.relu(F.conv2d(x, *next(it), padding=1), inplace=True)
        return x

    def run(x):
        it, skips = iter(layers), []
        for level in range(levels):
            if level: x = F.max_pool2d(x, 2)
            x = double(x, it)
            skips.append(x)
        for level in reversed(range(levels - 1)):
            x = double(torch.cat([F.conv_transpose2d(x, *next(it), stride=2), skips[level]], 1), it)
        return F.conv2d(x, *next(it))
    return run


def main():
    volume, slices, folder, repetitions = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    with open(os.path.join(folder, "model.json")) as f: manifest = json.load(f)
    torch.set_num_threads(os.cpu_count())
    net = network(os.path.join(folder, manifest["files"][0]["path"]))
    low, high = manifest["normalization"]["clipHu"]
    hounsfield = np.fromfile(volume, "<i2").reshape(slices, 512, 512)
    with torch.no_grad():
        golden = [torch.from_numpy(np.load(os.path.join(folder, manifest["files"][0][key]))) for key in ("goldenInput", "goldenOutput")]
        worst = float((net(golden[0]) - golden[1]).abs().max())
        if worst > 1e-3: sys.exit(f"not the same network: differs by {worst}")
        for _ in range(repetitions):
            begun, cpu = time.perf_counter(), time.process_time()
            mask = np.zeros(hounsfield.shape, bool)
            for k in range(slices):
                three = hounsfield[[max(0, k - 1), k, min(slices - 1, k + 1)]].astype(np.float32)
                picture = torch.from_numpy(np.clip((three - low) / (high - low), 0, 1))[None]
                mask[k] = net(picture)[0, 0].numpy() > 0
            print(f"torch {torch.__version__}, {torch.get_num_threads()} threads: {time.perf_counter() - begun:.2f} s, CPU {time.process_time() - cpu:.2f} s, "
                  f"{mask.sum()} voxels, peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB", flush=True)


if __name__ == "__main__":
    main()
