#!/usr/bin/env python3
"""Trains the hematoma U-Net on phantoms. See README.md."""
import numpy as np
import torch
import phantoms
from run import Run, arguments
from unet import UNet


class Slices:
    """All slices of the phantoms in one tensor on the device that trains: a graphics card that waits for a processor to cut and turn pictures is idle."""
    def __init__(self, cases, device):
        counts = [len(c.volume) for c in cases]
        self.first, self.count = np.cumsum([0] + counts[:-1]), np.array(counts)
        self.spacing = np.array([c.spacing[0] for c in cases])
        self.filled = [np.flatnonzero(c.mask.reshape(len(c.mask), -1).any(1)) for c in cases]
        self.hu = torch.cat([torch.from_numpy(c.volume) for c in cases]).to(device)
        self.blood = torch.cat([torch.from_numpy(c.mask) for c in cases]).to(device)

    def pick(self, rng, count):
        """Three slices in HU and the middle one's mask for each of a batch; three of five show blood, where the case has any."""
        rows, middles = [], []
        for n in rng.integers(len(self.count), size=count):
            filled = self.filled[n]
            k = int(rng.choice(filled)) if len(filled) and rng.random() < 0.6 else int(rng.integers(self.count[n]))
            spacing = self.spacing[n] * (1 if rng.random() < 0.7 else rng.uniform(0.4, 1.6))
            rows.append([self.first[n] + i for i in phantoms.neighbours(self.count[n], k, spacing)])
            middles.append(self.first[n] + k)
        at = lambda index: torch.from_numpy(np.array(index)).to(self.hu.device)
        return self.hu[at(rows)].float(), self.blood[at(middles)].float()


def augment(x, y):
    """Differences between scanners and heads that the phantoms do not have by themselves; each item its own way, on its own device."""
    draw = lambda low, high: torch.empty(len(x), 1, 1, 1, device=x.device).uniform_(low, high)
    chance = lambda p: draw(0, 1) < p
    x = x * draw(0.85, 1.15) + draw(-6, 6)
    # Near the vertex and the base thick bone brightens the whole of what it surrounds: blood is what is brighter than its neighbours, not what is bright.
    x = torch.where(chance(0.35) & (x > -30) & (x < 150), x + draw(-8, 24), x)
    x = x + torch.randn_like(x) * draw(0, 4)
    x = torch.where(chance(0.3), (x + x.roll(1, 2) + x.roll(1, 3)) / 3, x)
    both = torch.cat([phantoms.normalise(x), y[:, None]], 1)
    both = torch.where(chance(0.5), both.flip(3), both)
    both = torch.where(chance(0.2), both.flip(2), both)
    angle, scale, across, down = draw(-0.35, 0.35), draw(0.85, 1.2), draw(-0.12, 0.12), draw(-0.12, 0.12)
    turn = torch.cat([angle.cos(), -angle.sin(), across, angle.sin(), angle.cos(), down], 1).view(-1, 2, 3) * scale[:, 0]
    grid = torch.nn.functional.affine_grid(turn, both.shape, align_corners=False)
    both = torch.nn.functional.grid_sample(both, grid, align_corners=False)
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
    args = arguments(__doc__, widths="16,32,48,64")
    net = UNet(widths=tuple(int(w) for w in args.widths.split(",")))
    run = Run(args, net, 2e-3)
    rng = np.random.default_rng(args.seed + run.step)
    slices = Slices(phantoms.load(args.data, 6 if args.smoke else None), run.device)
    test = phantoms.load(args.test, 3 if args.smoke else 18)
    print(f"{len(slices.hu)} slices of {len(slices.count)} phantoms on {run.device}, {sum(p.numel() for p in net.parameters())} parameters", flush=True)
    every, losses = 3 if args.smoke else 250, []
    for step in run.steps():
        x, y = augment(*slices.pick(rng, args.batch))
        logits = run.net(x)[:, 0]
        p = torch.sigmoid(logits)
        dice = 1 - (2 * (p * y).sum() + 1) / (p.sum() + y.sum() + 1)
        loss = dice + torch.nn.functional.binary_cross_entropy_with_logits(logits, y)
        run.learn(loss)
        losses.append(loss.detach())
        if step % every == every - 1:
            run.save(loss=round(torch.stack(losses).mean().item(), 4), **test_on(run.net, run.device, test))
            losses = []
    run.save(loss=round(torch.stack(losses).mean().item() if losses else 0, 4), **test_on(run.net, run.device, test))


if __name__ == "__main__":
    main()
