#!/usr/bin/env python3
"""Trains EfficientNet-B0 on the signs of phantom hematomas. See README.md."""
import numpy as np
import torch
import phantoms
from efficientnet_b0 import EfficientNetB0
from run import Run, arguments


def disturb(rng, mask):
    """A network's mask is a little too large or too small."""
    if rng.random() < 0.5: return mask
    grown = mask.copy()
    for axis in (1, 2):
        for step in (1, -1): grown |= np.roll(mask, step, axis)
    if rng.random() < 0.5: return grown
    shrunk = mask.copy()
    for axis in (1, 2):
        for step in (1, -1): shrunk &= np.roll(mask, step, axis)
    return shrunk if shrunk.any() else mask


def pick(rng, cases):
    case = cases[rng.integers(len(cases))]
    hu = case.volume.astype(np.float32) * rng.uniform(0.93, 1.07) + rng.uniform(-4, 4)
    x, _ = phantoms.sign_input(hu + rng.normal(0, rng.uniform(0, 3), hu.shape).astype(np.float32), disturb(rng, case.mask))
    x = np.roll(x, rng.integers(-5, 6, 2), (1, 2))
    # A fluid level is level: only left and right may be changed.
    if rng.random() < 0.5: x = x[..., ::-1]
    return x, case.signs


def auc(scores, truth):
    positive, negative = scores[truth > 0.5], scores[truth < 0.5]
    if not len(positive) or not len(negative): return float("nan")
    return float((positive[:, None] > negative[None]).mean() + 0.5 * (positive[:, None] == negative[None]).mean())


def evaluate(net, device, cases):
    net.eval()
    with torch.no_grad():
        x = np.stack([phantoms.sign_input(c.volume, c.mask)[0] for c in cases])
        p = np.concatenate([torch.sigmoid(net(torch.from_numpy(x[i:i + 16]).to(device))).cpu().numpy() for i in range(0, len(x), 16)])
    net.train()
    truth = np.stack([c.signs for c in cases])
    return [auc(p[:, i], truth[:, i]) for i in range(len(phantoms.SIGNS))]


def main():
    args = arguments(__doc__)
    run = Run(args, EfficientNetB0(len(phantoms.SIGNS)), 1e-3)
    rng = np.random.default_rng(args.seed + run.step)
    cases = [c for c in phantoms.load(args.data, 8 if args.smoke else None) if c.mask.any()]
    test = [c for c in phantoms.load(args.test, 8 if args.smoke else None) if c.mask.any()]
    for case in cases + test:
        # Only the slices around the hematoma are needed: memory for many more cases.
        filled = np.flatnonzero(case.mask.reshape(len(case.mask), -1).any(1))
        case.volume, case.mask = case.volume[filled[0]:filled[-1] + 1], case.mask[filled[0]:filled[-1] + 1].astype(bool)
    every, losses = (3, []) if args.smoke else (150, [])
    for step in run.steps():
        x, y = map(np.stack, zip(*(pick(rng, cases) for _ in range(args.batch))))
        x, y = torch.from_numpy(np.ascontiguousarray(x, np.float32)).to(run.device), torch.from_numpy(y).to(run.device)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(run.net(x), y)
        run.learn(loss)
        losses.append(loss.item())
        if step % every == every - 1:
            aucs = evaluate(run.net, run.device, test)
            run.save(loss=round(float(np.mean(losses)), 4), auc=round(float(np.nanmean(aucs)), 4), **{s: round(a, 3) for s, a in zip(phantoms.SIGNS, aucs)})
            losses = []
    aucs = evaluate(run.net, run.device, test)
    run.save(loss=round(float(np.mean(losses or [0])), 4), auc=round(float(np.nanmean(aucs)), 4), **{s: round(a, 3) for s, a in zip(phantoms.SIGNS, aucs)})


if __name__ == "__main__":
    main()
