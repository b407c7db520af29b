"""Reference numbers for the inference engine, in numpy, scipy and scikit-image, written from the published rules of nnU-Net v2 and MONAI.

    /usr/bin/python3 tests/golden/inference/make.py

writes the arrays (.npy), tables (.csv) and tiny networks (.onnx) beside it. Needs numpy, scipy, scikit-image and onnx; the tests read only what is committed.
Made with numpy 1.24, scipy 1.10, scikit-image 0.19, onnx 1.12.
"""
import itertools
import os

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from scipy import ndimage
from skimage.transform import resize

HERE = os.path.dirname(os.path.abspath(__file__))


def save(name, array):
    np.save(os.path.join(HERE, name + ".npy"), np.ascontiguousarray(array, dtype=np.float32))


# ---- resampling -------------------------------------------------------------------------------------------------------------------------------

def new_shape(shape, old, new):
    return [int(round(o / n * s)) for o, n, s in zip(old, new, shape)]


def separate_axis(old, new, ratio):
    if ratio is None:
        return None
    for spacing in (old, new):
        if max(spacing) / min(spacing) > ratio:
            coarse = [axis for axis in range(3) if spacing[axis] == max(spacing)]
            return coarse[0] if len(coarse) == 1 else None
    return None


def resample(image, shape, old, new, order, ratio=None, order_z=0):
    """nnU-Net v2: all axes together, or the coarse axis for itself after the planes across it."""
    image = image.astype(np.float64)
    axis = separate_axis(old, new, ratio)
    if list(image.shape) == list(shape):
        return image
    if axis is None:
        return resize(image, shape, order, mode="edge", anti_aliasing=False, clip=True)
    plane = [n for a, n in enumerate(shape) if a != axis]
    planes = np.stack([resize(p, plane, order, mode="edge", anti_aliasing=False, clip=True) for p in np.moveaxis(image, axis, 0)], axis)
    if planes.shape[axis] == shape[axis]:
        return planes
    grid = np.array(np.meshgrid(*[np.arange(n) for n in shape], indexing="ij"), dtype=float)
    for a in range(3):
        grid[a] = planes.shape[a] / shape[a] * (grid[a] + 0.5) - 0.5
    return ndimage.map_coordinates(planes, grid, order=order_z, mode="nearest")


def resample_origin(image, old, new, order):
    """MONAI Spacing: first centres coincide, the border goes on."""
    shape = [int(np.round((s - 1) * o / n + 1)) for s, o, n in zip(image.shape, old, new)]
    grid = np.meshgrid(*[np.arange(m) * n / o for m, o, n in zip(shape, old, new)], indexing="ij")
    return ndimage.map_coordinates(image.astype(np.float64), np.array(grid), order=order, mode="nearest")


def back_origin(field, shape, old, new):
    grid = np.meshgrid(*[np.arange(s) * o / n for s, o, n in zip(shape, old, new)], indexing="ij")
    return ndimage.map_coordinates(field, np.array(grid), order=1, mode="nearest")


# ---- patches ----------------------------------------------------------------------------------------------------------------------------------

def nnunet_starts(size, patch, overlap):
    wanted = patch * round(1 - overlap, 12)
    count = int(np.ceil((size - patch) / wanted)) + 1
    step = (size - patch) / (count - 1) if count > 1 else 0
    return [int(np.round(step * i)) for i in range(count)]


def monai_starts(size, patch, overlap):
    step = patch if patch == size else max(1, int(patch * (1 - overlap)))
    number = int(np.ceil(size / step))
    last = next(i for i in range(number) if i * step + patch >= size)
    return [start - max(start + patch - size, 0) for start in (i * step for i in range(last + 1))]


def nnunet_gaussian(patch, scale=0.125):
    delta = np.zeros(patch)
    delta[tuple(n // 2 for n in patch)] = 1
    weights = ndimage.gaussian_filter(delta, [n * scale for n in patch], 0, mode="constant", cval=0)
    weights /= weights.max()
    weights[weights == 0] = weights[weights != 0].min()
    return weights


def monai_gaussian(patch, scale=0.125):
    weights = np.ones(())
    for n in patch:
        x = np.arange(-(n - 1) / 2, (n - 1) / 2 + 1)
        weights = weights[..., None] * np.exp(-x ** 2 / (2 * (scale * n) ** 2))
    return np.maximum(weights, max(weights[weights != 0].min(), 1e-3))


def tiles_table():
    with open(os.path.join(HERE, "tiles.csv"), "w") as table:
        table.write("rule,size,patch,overlap,starts\n")
        for size in list(range(1, 40, 3)) + [64, 97, 100, 127, 128, 129, 160, 233, 512]:
            for patch in (1, 7, 16, 32, 48, 96, 128):
                for overlap in (0, 0.25, 0.5, 0.8):
                    if size > 12 * patch and patch > 1 or patch == 1 and size > 20:
                        continue
                    missing = max(0, patch - size)
                    for rule, starts in (("nn-unet", nnunet_starts), ("monai", monai_starts)):
                        at = [start - missing // 2 for start in starts(size + missing, patch, overlap)]
                        table.write(f"{rule},{size},{patch},{overlap},{' '.join(map(str, at))}\n")


# ---- tiny networks ----------------------------------------------------------------------------------------------------------------------------

class Network:
    """Convolution 3x3x3 of 1 to 3 channels, ReLU, convolution 1x1x1 to the output channels."""

    def __init__(self, name, seed, outputs, valid):
        rng = np.random.default_rng(seed)
        self.valid = valid
        self.w1 = rng.normal(0, 0.25, (3, 1, 3, 3, 3)).astype(np.float32)
        self.b1 = rng.normal(0, 0.3, 3).astype(np.float32)
        self.w2 = rng.normal(0, 1.2, (outputs, 3, 1, 1, 1)).astype(np.float32)
        self.b2 = rng.normal(0, 0.2, outputs).astype(np.float32)
        weights = [numpy_helper.from_array(getattr(self, key), key) for key in ("w1", "b1", "w2", "b2")]
        nodes = [helper.make_node("Conv", ["image", "w1", "b1"], ["a"], kernel_shape=[3, 3, 3], pads=[0 if valid else 1] * 6),
                 helper.make_node("Relu", ["a"], ["b"]),
                 helper.make_node("Conv", ["b", "w2", "b2"], ["logits"], kernel_shape=[1, 1, 1])]
        graph = helper.make_graph(nodes, name, [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 1, "d", "h", "w"])],
                                  [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", outputs, "x", "y", "z"])], weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
        model.ir_version = 7
        onnx.checker.check_model(model)
        onnx.save(model, os.path.join(HERE, name + ".onnx"))
        sample = rng.normal(0, 1, (6, 6, 6)).astype(np.float32)
        save(name + ".in", sample[None, None])
        save(name + ".out", self(sample)[None])

    def __call__(self, block):
        block = block.astype(np.float64)
        hidden = [ndimage.correlate(block, w[0].astype(np.float64), mode="constant") + b for w, b in zip(self.w1, self.b1)]
        if self.valid:
            hidden = [h[1:-1, 1:-1, 1:-1] for h in hidden]
        hidden = np.maximum(np.stack(hidden), 0)
        return np.einsum("oc,cxyz->oxyz", self.w2[:, :, 0, 0, 0].astype(np.float64), hidden) + self.b2[:, None, None, None]


def sliding(network, image, patch, starts, overlap, weights, mirror, pad_value, context, outputs):
    """The mean over the mirrorings of each patch, blended."""
    missing = [max(0, p - n) for p, n in zip(patch, image.shape)]
    around = [(m // 2 + context, m - m // 2 + context) for m in missing]
    padded = np.pad(image, around, constant_values=pad_value)
    inner = [n + m for n, m in zip(image.shape, missing)]
    total, seen = np.zeros([outputs] + inner), np.zeros(inner)
    flips = [f for k in range(len(mirror) + 1) for f in itertools.combinations(mirror, k)]
    for at in itertools.product(*[starts(n, p, overlap) for n, p in zip(inner, patch)]):
        block = padded[tuple(slice(a, a + p + 2 * context) for a, p in zip(at, patch))]
        answer = sum(np.flip(network(np.flip(block, f)), [axis + 1 for axis in f]) for f in flips) / len(flips)
        here = tuple(slice(a, a + p) for a, p in zip(at, patch))
        total[(slice(None),) + here] += weights * answer
        seen[here] += weights
    keep = tuple(slice(m // 2, m // 2 + n) for m, n in zip(missing, image.shape))
    return (total / seen)[(slice(None),) + keep]


def softmax(x):
    e = np.exp(x - x.max(0))
    return e / e.sum(0)


# ---- scenarios --------------------------------------------------------------------------------------------------------------------------------

SHAPE, SPACING = (8, 24, 20), (4.0, 1.1, 0.9)  # z, y, x


def scan():
    """A blob of blood in brain in bone in air; whole Hounsfield units."""
    rng = np.random.default_rng(7)
    z, y, x = np.meshgrid(*[(np.arange(n) - (n - 1) / 2) * s for n, s in zip(SHAPE, SPACING)], indexing="ij")
    r = np.sqrt((z / 14) ** 2 + (y / 11) ** 2 + (x / 8) ** 2)
    hu = np.where(r < 0.85, 32.0, np.where(r < 1.05, 700.0, -990.0))
    hu[np.sqrt((z / 7) ** 2 + ((y - 2) / 4) ** 2 + ((x + 2) / 3) ** 2) < 1] = 66
    return np.round(ndimage.gaussian_filter(hu, 0.6) + rng.normal(0, 4, SHAPE))


def nnunet_scenario(hu, networks):
    """As nnU-Net v2 does: clip and scale, resample with cubic splines and z apart, half-overlapping patches, mirroring, folds averaged as logits."""
    new = (2.5, 1.5, 1.5)
    image = (np.clip(hu, -10, 90) - 30.0) / 20.0
    image = resample(image, new_shape(SHAPE, SPACING, new), SPACING, new, 3, 3, 0).astype(np.float32)
    save("nnunet.image", image)
    patch = (4, 12, 12)
    passes = [sliding(n, image, patch, nnunet_starts, 0.5, nnunet_gaussian(patch), (2,), 0, 0, 2) for n in networks]
    logits = sum(passes) / 2
    save("nnunet.logits", logits)
    save("nnunet.back", np.stack([resample(c, SHAPE, new, SPACING, 1, 3, 0) for c in logits]))
    single = [softmax(sliding(n, image, patch, nnunet_starts, 0.5, nnunet_gaussian(patch), (), 0, 0, 2))[1] for n in networks]
    mirrored = [softmax(sliding(lambda b, n=n: np.flip(n(np.flip(b, 2)), 3), image, patch, nnunet_starts, 0.5, nnunet_gaussian(patch), (), 0, 0, 2))[1] for n in networks]
    save("nnunet.sd", np.std(single + mirrored, axis=0))


def monai_scenario(hu, network):
    """As a MONAI bundle does: RAS, linear with the first centres together, scaled to 0..1 then, x y z arrays, sigmoid."""
    old, new = SPACING[::-1], (1.4, 1.3, 3.0)
    image = resample_origin(hu.transpose(2, 1, 0)[::-1, ::-1], old, new, 1)
    image = (np.clip(image, 0, 80) / 80).astype(np.float32)
    save("monai.image", image.transpose(2, 1, 0))
    patch = (8, 12, 16)  # longer than the image along z
    logits = sliding(network, image, patch, monai_starts, 0.25, monai_gaussian(patch), (), 0, 0, 2)
    save("monai.logits", logits.transpose(0, 3, 2, 1))
    back = np.stack([back_origin(c, SHAPE[::-1], old, new)[::-1, ::-1] for c in logits])
    save("monai.back", back.transpose(0, 3, 2, 1))


def context_scenario(hu, networks):
    """Valid convolutions: each patch is shown its surroundings, -1 beyond the image; members averaged as probabilities."""
    new = (2.0, 2.0, 2.0)
    image = resample_origin(hu, SPACING, new, 1)
    image = (np.clip(image, -15, 100) + 15) / 115 * 2 - 1
    patch = (6, 6, 6)
    each = [softmax(sliding(n, image, patch, nnunet_starts, 0, np.ones(patch), (), -1, 1, 3)) for n in networks]
    save("context.probabilities", sum(each) / 2)


def main():
    rng = np.random.default_rng(1)
    small = np.round(rng.normal(0, 6, (6, 9, 8)))
    save("resize.in", small)
    old = (2.0, 1.0, 1.0)
    for name, new in (("up", (1.3, 0.7, 0.6)), ("down", (3.1, 1.7, 2.2)), ("half", (4.0, 2.0, 2.0))):
        shape = new_shape(small.shape, old, new)
        for order in (0, 1, 3):
            save(f"resize.{name}.{order}", resample(small, shape, old, new, order))
            save(f"resize.{name}.3.z{order}", resample(small, shape, old, new, 3, 1.5, order))
    save("resize.origin.1", resample_origin(small, old, (1.5, 0.8, 1.7), 1))
    tiles_table()
    for patch in ((12,), (7, 16), (5, 8, 12)):
        name = "x".join(map(str, patch))
        save(f"gaussian.nnunet.{name}", nnunet_gaussian(patch))
        save(f"gaussian.monai.{name}", monai_gaussian(patch))
        save(f"gaussian.nnunet.narrow.{name}", nnunet_gaussian(patch, 0.05))
    hu = scan()
    save("scan", hu)
    same = [Network("same-a", 11, 2, False), Network("same-b", 12, 2, False)]
    valid = [Network("valid-a", 13, 3, True), Network("valid-b", 14, 3, True)]
    nnunet_scenario(hu, same)
    monai_scenario(hu, same[0])
    context_scenario(hu, valid)


if __name__ == "__main__":
    main()
