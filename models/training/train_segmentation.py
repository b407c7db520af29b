#!/usr/bin/env python3
"""Trains the hematoma U-Net on phantoms. See README.md."""
import numpy as np
import torch
import phantoms
from run import Run, arguments
from unet import UNet


def augment(rng, image, mask):
    """Differences between scanners and heads that the phantoms do not have by themselves."""
    image = image * rng.uniform(0.85, 1.15) + rng.uniform(-6, 6)
    # Near the vertex and the base thick bone brightens the whole of what it surrounds: blood is what is brighter than its neighbours, not what is bright.
    if rng.random() < 0.35: image = np.where((image > -30) & (image < 150), image + rng.uniform(-8, 24), image)
    image = image + rng.normal(0, rng.uniform(0, 4), image.shape)
    if rng.random() < 0.3: image = (image + np.roll(image, 1, 1) + np.roll(image, 1, 2)) / 3
    if rng.random() < 0.5: image, mask = image[..., ::-1], mask[..., ::-1]
    if rng.random() < 0.2: image, mask = image[..., ::-1, :], mask[..., ::-1, :]
    dy, dx = rng.integers(-12, 13, 2)
    return np.roll(image, (dy, dx), (1, 2)), np.roll(mask, (dy, dx), (0, 1))


def pick(rng, cases):
    case = cases[rng.integers(len(cases))]
    filled = np.flatnonzero(case.mask.reshape(len(case.mask), -1).any(1))
    k = int(rng.choice(filled)) if len(filled) and rng.random() < 0.6 else int(rng.integers(len(case.volume)))
    below, here, above = phantoms.neighbours(len(case.volume), k, 1 if rng.random() < 0.8 else 2)
    image, mask = augment(rng, case.volume[[below, here, above]].astype(np.float32), case.mask[k].astype(np.float32))
    return phantoms.normalise(image), mask


def dice_of(net, device, cases):
    scores = []
    net.eval()
    with torch.no_grad():
        for case in cases:
            hu = phantoms.normalise(case.volume)
            x = np.stack([hu[phantoms.neighbours(len(hu), k, 1)] for k in range(len(hu))])
            out = np.concatenate([net(torch.from_numpy(x[i:i + 8]).to(device)).cpu().numpy()[:, 0] > 0 for i in range(0, len(x), 8)])
            if case.mask.any(): scores.append(2 * (out & (case.mask > 0)).sum() / (out.sum() + case.mask.sum()))
    net.train()
    return scores


def main():
    args = arguments(__doc__)
    run = Run(args, UNet(), 2e-3)
    rng = np.random.default_rng(args.seed + run.step)
    cases = phantoms.load(args.data, 6 if args.smoke else None)
    test = phantoms.load(args.test, 2 if args.smoke else 12)
    every, losses = (3, []) if args.smoke else (250, [])
    for step in run.steps():
        x, y = map(np.stack, zip(*(pick(rng, cases) for _ in range(args.batch))))
        x, y = torch.from_numpy(x.astype(np.float32)).to(run.device), torch.from_numpy(np.ascontiguousarray(y)).to(run.device)
        logits = run.net(x)[:, 0]
        p = torch.sigmoid(logits)
        dice = 1 - (2 * (p * y).sum() + 1) / (p.sum() + y.sum() + 1)
        loss = dice + torch.nn.functional.binary_cross_entropy_with_logits(logits, y)
        run.learn(loss)
        losses.append(loss.item())
        if step % every == every - 1:
            run.save(loss=round(float(np.mean(losses)), 4), dice=round(float(np.mean(dice_of(run.net, run.device, test))), 4))
            losses = []
    run.save(loss=round(float(np.mean(losses or [0])), 4), dice=round(float(np.mean(dice_of(run.net, run.device, test))), 4))


if __name__ == "__main__":
    main()
