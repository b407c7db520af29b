"""Tiny networks for the tests of `models import`: a 1x1x1 convolution each, its golden output computed by numpy and not by an ONNX runtime.

python3 make_import_networks.py    (needs python3-onnx and python3-numpy) writes the folder import/ beside this file.
"""
import os

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "import")
WEIGHT = numpy.array([-2.0, 1.5, 0.5, -1.0], numpy.float32)
BIAS = numpy.array([0.25, -0.5, 0.125, 0.0], numpy.float32)


def network(name, patch, outputs=1, shift=0.0):
    ones = [1] * len(patch)
    weight = numpy_helper.from_array(WEIGHT.reshape([4, 1] + ones), "weight")
    bias = numpy_helper.from_array(BIAS + numpy.float32(shift), "bias")
    names = ["logits"] if outputs == 1 else [f"scale{i}" for i in range(outputs)]
    nodes = [helper.make_node("Conv", ["image", "weight", "bias"], [one]) for one in names]
    graph = helper.make_graph(
        nodes, "tiny",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 1] + patch)],
        [helper.make_tensor_value_info(one, TensorProto.FLOAT, ["N", 4] + patch) for one in names],
        [weight, bias])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 7
    onnx.checker.check_model(model)
    onnx.save(model, os.path.join(OUT, name + ".onnx"))
    return [1, 1] + patch, BIAS + numpy.float32(shift)


def golden(name, shape, bias):
    image = numpy.random.RandomState(7).uniform(-2, 2, shape).astype(numpy.float32)
    numpy.save(os.path.join(OUT, name + ".golden.in.npy"), image)
    sides = [1, 4] + [1] * (len(shape) - 2)
    numpy.save(os.path.join(OUT, name + ".golden.out.npy"), (image * WEIGHT.reshape(sides) + bias.reshape(sides)).astype(numpy.float32))


os.makedirs(OUT, exist_ok=True)
golden("fold_0", *network("fold_0", [4, 8, 8]))
golden("fold_1", *network("fold_1", [4, 8, 8], shift=0.5))
network("plane", [16, 16])
network("deep-supervision", [4, 8, 8], outputs=5)
