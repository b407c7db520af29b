"""Reference numbers for evaluation statistics, in numpy and scipy, written from the definitions: pairs compared one by one, distances all to all.

    /usr/bin/python3 tests/golden/evaluation/make.py

writes auc.json, agreement.json and surfaces.json beside it; the tests read only those. Made with numpy 1.24, scipy 1.10.
"""
import json
import os

import numpy as np
from scipy import ndimage, stats
from scipy.spatial.distance import cdist

HERE = os.path.dirname(os.path.abspath(__file__))


def write(name, value):
    with open(os.path.join(HERE, name), "w") as file:
        json.dump(value, file, indent=1)
        file.write("\n")


def delong(positives, negatives):
    """AUC and plain interval by the definition of DeLong et al. 1988: the m x n kernel, its row and column means, their sample variances."""
    kernel = np.array([[1.0 if p > n else 0.5 if p == n else 0.0 for n in negatives] for p in positives])
    auc = kernel.mean()
    u = stats.mannwhitneyu(positives, negatives).statistic / kernel.size
    assert abs(auc - u) < 1e-12
    variance = np.var(kernel.mean(axis=1), ddof=1) / len(positives) + np.var(kernel.mean(axis=0), ddof=1) / len(negatives)
    half = stats.norm.ppf(0.975) * np.sqrt(variance)
    return {"positives": positives, "negatives": negatives, "auc": auc, "low": max(0.0, auc - half), "high": min(1.0, auc + half)}


def aucs():
    random = np.random.default_rng(20240602)
    cases = []
    for m, n, shift, digits in [(2, 2, 0.1, 2), (7, 31, 0.3, 3), (40, 25, 0.15, 1), (120, 200, 0.25, 6), (3, 90, -0.2, 2), (12, 9, 0.6, 3)]:
        cases.append(delong(np.clip(random.normal(0.45 + shift, 0.25, m), 0, 1).round(digits).tolist(),
                            np.clip(random.normal(0.45, 0.25, n), 0, 1).round(digits).tolist()))
    return cases


def wilson(count, total):
    """The two roots of (share - p)^2 = z^2 p (1 - p) / n."""
    z2, share = stats.norm.ppf(0.975) ** 2, count / total
    low, high = sorted(np.roots([1 + z2 / total, -(2 * share + z2 / total), share ** 2]).real)
    return {"count": count, "total": total, "low": max(0.0, low), "high": min(1.0, high)}


def bland_altman(differences):
    d = np.array(differences)
    n, bias, sd, z = len(d), d.mean(), d.std(ddof=1), stats.norm.ppf(0.975)
    t = stats.t.ppf(0.975, n - 1)
    of_bias, of_limit = t * sd / np.sqrt(n), t * sd * np.sqrt(1 / n + z ** 2 / (2 * (n - 1)))
    return {"differences": differences, "bias": bias, "sd": sd, "lower": bias - z * sd, "upper": bias + z * sd,
            "ofBias": of_bias, "ofLimit": of_limit, "quartiles": np.percentile(d, [25, 50, 75]).tolist()}


def ellipsoid(shape, centre, radii):
    """Whole numbers only, so that any language gives the same voxels. z, y, x."""
    z, y, x = np.indices(shape)
    (cz, cy, cx), (rz, ry, rx) = centre, radii
    return ((x - cx) * ry * rz) ** 2 + ((y - cy) * rx * rz) ** 2 + ((z - cz) * rx * ry) ** 2 <= (rx * ry * rz) ** 2


def surface(mask):
    return mask & ~ndimage.binary_erosion(mask, ndimage.generate_binary_structure(3, 1), border_value=0)


def surfaces():
    """Masks on grids with tilt and uneven slices: slice k begins at origins[k], x and y step by spacing."""
    cases = []
    shape = (9, 24, 28)
    even = [[-10.0, -12.0, 5.0 * k] for k in range(9)]
    tilted = [[-10.0, -12.0 + 1.7 * k, 5.0 * k] for k in range(9)]
    uneven = [[-10.0, -12.0, z] for z in (0.0, 2.5, 5.0, 7.5, 10.0, 15.0, 20.0, 27.0, 34.0)]
    for name, origins, truth, found in [
            ("even", even, [(4, 12, 14), (3, 7, 9)], [(4, 13, 12), (2, 8, 9)]),
            ("tilted", tilted, [(4, 12, 14), (3, 7, 9)], [(5, 10, 16), (3, 5, 6)]),
            ("uneven", uneven, [(5, 11, 12), (3, 6, 6)], [(4, 14, 17), (2, 6, 8)]),
            ("at the border", even, [(0, 2, 3), (2, 6, 8)], [(8, 20, 26), (2, 5, 5)]),
            ("one voxel", tilted, [(3, 3, 3), (1, 1, 1)], [(3, 12, 20), (2, 4, 4)])]:
        a, b = ellipsoid(shape, *truth), ellipsoid(shape, *found)
        spacing = (0.9, 1.1)

        def places(mask):
            k, j, i = np.nonzero(surface(mask))
            return np.array(origins)[k] + np.stack([i * spacing[0], j * spacing[1], 0 * k], axis=1)

        distances = cdist(places(a), places(b))
        hd95 = max(np.percentile(distances.min(axis=1), 95), np.percentile(distances.min(axis=0), 95))
        both, either = (a & b).sum(), (a | b).sum()
        cases.append({"name": name, "shape": shape, "origins": origins, "spacing": spacing, "truth": truth, "found": found, "voxels": [int(a.sum()), int(b.sum())],
                      "iouOfVoxels": both / either, "diceOfVoxels": 2 * both / (a.sum() + b.sum()), "hausdorff95Mm": hd95})
    return cases


if __name__ == "__main__":
    write("auc.json", aucs())
    write("agreement.json", {"wilson": [wilson(*pair) for pair in [(0, 7), (7, 7), (1, 2), (33, 40), (139, 200), (172, 200)]],
                             "blandAltman": [bland_altman(d) for d in [[1.0, -2.0], [0.3, 1.9, -4.2, 2.2, 0.8, -1.1, 7.5]]]})
    write("surfaces.json", surfaces())
