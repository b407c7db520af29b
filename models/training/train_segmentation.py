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
    return image, mask


def pick(rng, cases):
    case = cases[rng.integers(len(cases))]
    filled = np.flatnonzero(case.mask.reshape(len(case.mask), -1).any(1))
    k = int(rng.choice(filled)) if len(filled) and rng.random() < 0.6 else int(rng.integers(len(case.volume)))
    slices = phantoms.neighbours(len(case.volume), k, case.spacing[0] * (1 if rng.random() < 0.7 else rng.uniform(0.4, 1.6)))
    image, mask = augment(rng, case.volume[slices].astype(np.float32), case.mask[k].astype(np.float32))
    return phantoms.normalise(image), mask


def moved(rng, x, y):
    """A batch turned, scaled and shifted, each item its own way."""
    angle, scale = rng.uniform(-0.35, 0.35, len(x)), rng.uniform(0.85, 1.2, (len(x), 1))
    turn = np.stack([np.cos(angle), -np.sin(angle), rng.uniform(-0.12, 0.12, len(x)), np.sin(angle), np.cos(angle), rng.uniform(-0.12, 0.12, len(x))], 1) * scale
    grid = torch.nn.functional.affine_grid(torch.from_numpy(turn.reshape(-1, 2, 3).astype(np.float32)).to(x.device), x.shape, align_corners=False)
    both = torch.nn.functional.grid_sample(torch.cat([x, y[:, None]], 1), grid, align_corners=False)
    return both[:, :-1], (both[:, -1] >= 0.5).float()


def test_on(net, device, cases):
    """Mean Dice over heads with a hematoma, and mean millilitres found where there is none."""
    dice, false_ml = [], []
    net.eval()
    with torch.no_grad():
        for case in cases:
            hu = phantoms.normalise(case.volume)
            x = np.stack([hu[phantoms.neighbours(len(hu), k, case.spacing[0])] for k in range(len(hu))])
            out = np.concatenate([net(torch.from_numpy(x[i:i + 8]).to(device)).cpu().numpy()[:, 0] > 0 for i in range(0, len(x), 8)])
            if case.mask.any(): dice.append(2 * (out & (case.mask > 0)).sum() / (out.sum() + case.mask.sum()))
            else: false_ml.append(out.sum() * np.prod(case.spacing) / 1000)
    net.train()
    return dict(dice=round(float(np.mean(dice)), 4), false_ml=round(float(np.mean(false_ml or [0])), 3))


def main():
    args = arguments(__doc__)
    run = Run(args, UNet(), 2e-3)
    rng = np.random.default_rng(args.seed + run.step)
    cases = phantoms.load(args.data, 6 if args.smoke else None)
    test = phantoms.load(args.test, 3 if args.smoke else 18)
    every, losses = (3, []) if args.smoke else (250, [])
    for step in run.steps():
        x, y = map(np.stack, zip(*(pick(rng, cases) for _ in range(args.batch))))
        x, y = torch.from_numpy(x.astype(np.float32)).to(run.device), torch.from_numpy(np.ascontiguousarray(y)).to(run.device)
        x, y = moved(rng, x, y)
        logits = run.net(x)[:, 0]
        p = torch.sigmoid(logits)
        dice = 1 - (2 * (p * y).sum() + 1) / (p.sum() + y.sum() + 1)
        loss = dice + torch.nn.functional.binary_cross_entropy_with_logits(logits, y)
        run.learn(loss)
        losses.append(loss.item())
        if step % every == every - 1:
            run.save(loss=round(float(np.mean(losses)), 4), **test_on(run.net, run.device, test))
            losses = []
    run.save(loss=round(float(np.mean(losses or [0])), 4), **test_on(run.net, run.device, test))


if __name__ == "__main__":
    main()
