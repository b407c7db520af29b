"""Reads phantoms written by `hematoma-agent phantom --format npy`, and prepares network inputs exactly as the C# side does (Analysis/Models/ModelGrid.cs)."""
import glob
import json
import os
from concurrent.futures import ThreadPoolExecutor
import numpy as np

SIGNS = ["blend-sign", "black-hole-sign", "swirl-sign", "intrahematoma-hypodensity", "island-sign", "satellite-sign",
         "irregular-shape", "heterogeneous-density", "fluid-level"]
CLIP_HU = (-20.0, 120.0)
SLICE_OFFSET_MM = 5.0
CROP = 96


class Case:
    def __init__(self, folder):
        self.volume = np.load(os.path.join(folder, "volume.npy"))
        self.mask = np.load(os.path.join(folder, "mask.npy"))
        with open(os.path.join(folder, "case.json")) as f:
            info = json.load(f)
        self.spacing, self.ml, self.seed = info["spacingMm"], info["hematomaMl"], info["seed"]
        self.signs = np.array([info["signs"][s] for s in SIGNS], np.float32)


def load(folder, limit=None):
    with ThreadPoolExecutor() as readers:
        return list(readers.map(Case, sorted(glob.glob(os.path.join(folder, "phantom-*")))[:limit]))


def normalise(hu):
    """HU (an array, or a tensor of floats) clipped to the range in which blood and brain lie, as 0 to 1."""
    if isinstance(hu, np.ndarray): hu = hu.astype(np.float32)
    return (hu.clip(*CLIP_HU) - CLIP_HU[0]) / (CLIP_HU[1] - CLIP_HU[0])


def neighbours(count, k, spacing_mm, offset_mm=SLICE_OFFSET_MM):
    """The slice itself between those nearest to 5 mm below and above (of two equally near, the nearer to it); the ends repeat. ModelGrid.Neighbour does the same."""
    step = min(range(count), key=lambda n: abs(n * spacing_mm - offset_mm))
    return [max(0, k - step), k, min(count - 1, k + step)]


def sign_input(hu, mask):
    """Three pictures of a hematoma on the model grid, cropped around its middle:
    its largest slice; the lowest value under the mask over all slices that hold a third of the largest area or more (shows hypodense parts);
    the mask's shadow over all slices (shows lobes and separate foci)."""
    areas = mask.reshape(len(mask), -1).sum(1)
    key = int(areas.argmax())
    ys, xs = np.nonzero(mask.any(0))
    top, left = int(round(ys.mean())) - CROP // 2, int(round(xs.mean())) - CROP // 2
    window = normalise(hu)
    largest = window[key]
    thick = areas * 3 >= areas[key]
    lowest = np.where(mask[thick] > 0, window[thick], 1.0).min(0)
    shadow = mask.any(0).astype(np.float32)
    return np.stack([cut(p, top, left, fill) for p, fill in ((largest, 0.0), (lowest, 1.0), (shadow, 0.0))]), key


def cut(picture, top, left, fill):
    out = np.full((CROP, CROP), fill, np.float32)
    h, w = picture.shape
    y0, x0, y1, x1 = max(0, top), max(0, left), min(h, top + CROP), min(w, left + CROP)
    if y1 > y0 and x1 > x0: out[y0 - top:y1 - top, x0 - left:x1 - left] = picture[y0:y1, x0:x1]
    return out
