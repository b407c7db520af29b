#!/usr/bin/env python3
"""Makes a model package of a training's checkpoint:
    export.py segmentation|signs --run FOLDER --test PHANTOMS --out models/ID [--version V]
Writes model.onnx (opset 17, dynamic batch), golden.in.npy, golden.out.npy, model.json and curves.png; the model card is written by hand."""
import argparse
import csv
import hashlib
import json
import os
import numpy as np
import torch
import phantoms
import unet
from efficientnet_b0 import EfficientNetB0


def curves(log, path):
    """The training's log as a picture, without a plotting library: loss falling (orange), score rising (blue)."""
    from PIL import Image, ImageDraw
    with open(log) as f:
        rows = list(csv.DictReader(f))
    width, height = 640, 320
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    score = "dice" if "dice" in rows[0] else "auc"
    for key, color in (("loss", (217, 95, 2)), (score, (31, 119, 180))):
        values = [float(r[key]) for r in rows if r[key] not in ("", "nan")]
        top = max(values + [1.0])
        points = [(40 + i * (width - 60) / max(1, len(values) - 1), height - 30 - v / top * (height - 60)) for i, v in enumerate(values)]
        if len(points) > 1: draw.line(points, fill=color, width=2)
        draw.text((45, 5 if key == "loss" else 18), f"{key}: last {values[-1]:.3f}, axis 0 to {top:.2f}", fill=color)
    draw.line([(40, 25), (40, height - 30), (width - 20, height - 30)], fill="black")
    draw.text((width - 220, height - 22), f"{rows[-1]['step']} steps, {rows[-1]['minutes']} minutes", fill="black")
    image.save(path)


def halve(path):
    """Stores large weights as 16-bit floats with a cast back: half the file, computed as before (onnxruntime folds the casts when it loads)."""
    import onnx
    from onnx import helper, numpy_helper
    model = onnx.load(path)
    graph, casts = model.graph, []
    for tensor in [t for t in graph.initializer if t.data_type == onnx.TensorProto.FLOAT and np.prod(t.dims) > 256]:
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), name + "_16"))
        casts.append(helper.make_node("Cast", [name + "_16"], [name], to=onnx.TensorProto.FLOAT))
    nodes = casts + list(graph.node)
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.save(model, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=["segmentation", "signs"])
    parser.add_argument("--run", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--version", default="0.1.0")
    parser.add_argument("--data", default="Computer-made head phantoms only (Analysis/Phantoms, seeds 200000 to 200399). No clinical data.", help="trainingData")
    args = parser.parse_args()
    weights = torch.load(os.path.join(args.run, "checkpoint.pt"), map_location="cpu")["net"]
    net = unet.of(weights) if args.kind == "segmentation" else EfficientNetB0(len(phantoms.SIGNS))
    net.load_state_dict(weights)
    net.eval()
    case = next(c for c in phantoms.load(args.test) if c.mask.any())
    if args.kind == "segmentation":
        k = int(case.mask.reshape(len(case.mask), -1).sum(1).argmax())
        picture = phantoms.normalise(case.volume[phantoms.neighbours(len(case.volume), k, case.spacing[0])])
        golden = np.zeros((1, 3, 64, 64), np.float32)
        ys, xs = np.nonzero(case.mask[k])
        golden[0] = picture[:, int(ys.mean()) - 32:int(ys.mean()) + 32, int(xs.mean()) - 32:int(xs.mean()) + 32]
    else:
        golden = phantoms.sign_input(case.volume, case.mask > 0)[0][None]
    golden = np.ascontiguousarray(golden, np.float32)
    with torch.no_grad():
        expected = net(torch.from_numpy(golden)).numpy()
    os.makedirs(args.out, exist_ok=True)
    path = os.path.join(args.out, "model.onnx")
    axes = {"image": {0: "batch", 2: "rows", 3: "columns"}, "logits": {0: "batch"} if args.kind == "signs" else {0: "batch", 2: "rows", 3: "columns"}}
    if args.kind == "signs": axes["image"] = {0: "batch"}
    torch.onnx.export(net, torch.from_numpy(golden), path, opset_version=17, input_names=["image"], output_names=["logits"], dynamic_axes=axes)
    if args.kind == "signs": halve(path)
    import onnx
    onnx.checker.check_model(onnx.load(path))
    np.save(os.path.join(args.out, "golden.in.npy"), golden)
    np.save(os.path.join(args.out, "golden.out.npy"), expected.astype(np.float32))
    with open(path, "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    segmentation = args.kind == "segmentation"
    offset, size = phantoms.SLICE_OFFSET_MM, 224 if segmentation else phantoms.CROP
    keys = ["hematoma"] if segmentation else phantoms.SIGNS
    manifest = {
        "$schema": "../../docs/model.schema.json",
        "schema": "hematoma-model/2",
        "id": os.path.basename(os.path.normpath(args.out)),
        "version": args.version,
        "kind": args.kind,
        "intendedUse": "demonstration",
        "contraindications": ["Any clinical use: trained on computer-made heads alone, not validated on patients."],
        "license": "Apache-2.0",
        "trainingData": args.data,
        "provenance": {"framework": f"torch {torch.__version__}", "recipe": "models/training"},
        "files": [{"path": "model.onnx", "sha256": digest, "goldenInput": "golden.in.npy", "goldenOutput": "golden.out.npy",
                   "goldenTolerance": 0.001 if segmentation else 0.005}],
        "input": {"layout": "slices" if segmentation else "sign-views",
                  "channels": [{"offsetMm": mm} for mm in (-offset, 0, offset)] if segmentation else [{}, {}, {}]},
        "geometry": {"orientation": "LPS", "axes": "zyx", "spacingMm": [None, 1.2, 1.2], "alignment": "centre", "imageOrder": 1, "areaMean": True,
                     "outputOrder": 1, "size": [None, size, size] if segmentation else None, "tilt": "ignore"},
        "normalization": {"scheme": "range", "clipHu": list(phantoms.CLIP_HU), "outRange": [0, 1]},
        "inferer": {"patch": [size, size], "overlap": 0, "blend": "constant", "batch": 2 if segmentation else 1},
        "output": {"activation": "sigmoid", "channels": len(keys),
                   "classes": [{"index": i, "key": key, "threshold": 0.5, **({} if segmentation else {"indeterminate": 0.15})} for i, key in enumerate(keys)]},
        "postprocessing": [{"op": "inside-intracranial"}, {"op": "min-volume-ml", "class": "hematoma", "value": 0.1}] if segmentation else [],
    }
    with open(os.path.join(args.out, "model.json"), "w") as f:
        json.dump(manifest, f, indent=2)
        f.write("\n")
    curves(os.path.join(args.run, "log.csv"), os.path.join(args.out, "curves.png"))
    print(f"{args.out}: {os.path.getsize(path)} bytes, sha256 {digest}")


if __name__ == "__main__":
    main()
