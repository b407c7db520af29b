"""A small 2.5D U-Net: three neighbouring slices in, one logit a pixel of the middle slice out."""
import torch
from torch import nn


def block(a, b):
    return nn.Sequential(nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU(True),
                         nn.Conv2d(b, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU(True))


class UNet(nn.Module):
    def __init__(self, channels=3, widths=(16, 32, 48, 64)):
        super().__init__()
        self.down = nn.ModuleList(block(a, b) for a, b in zip((channels,) + widths[:-1], widths))
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, stride=2) for a, b in zip(widths[:-1], widths[1:]))
        self.join = nn.ModuleList(block(2 * a, a) for a in widths[:-1])
        self.head = nn.Conv2d(widths[0], 1, 1)

    def forward(self, x):
        skips = []
        for i, down in enumerate(self.down):
            if i: x = nn.functional.max_pool2d(x, 2)
            x = down(x)
            skips.append(x)
        for i in reversed(range(len(self.up))):
            x = self.join[i](torch.cat([self.up[i](x), skips[i]], 1))
        return self.head(x)


def of(state):
    """The network of a checkpoint's weights, as wide as they are."""
    widths = tuple(state[f"down.{i}.0.weight"].shape[0] for i in range(sum(k.startswith("down.") and k.endswith(".0.weight") for k in state)))
    net = UNet(state["down.0.0.weight"].shape[1], widths)
    net.load_state_dict(state)
    return net
