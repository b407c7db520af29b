"""EfficientNet-B0 (Tan and Le, ICML 2019, table 1), written out: width and depth 1.0, SiLU, squeeze and excitation."""
import torch
from torch import nn

# expansion, channels, repeats, stride, kernel
STAGES = [(1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3), (6, 112, 3, 1, 5), (6, 192, 4, 2, 5), (6, 320, 1, 1, 3)]


def conv(a, b, kernel=1, stride=1, groups=1, act=True):
    layers = [nn.Conv2d(a, b, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(b)]
    return nn.Sequential(*layers, nn.SiLU(True)) if act else nn.Sequential(*layers)


class Excite(nn.Module):
    def __init__(self, channels, squeezed):
        super().__init__()
        self.reduce, self.expand = nn.Conv2d(channels, squeezed, 1), nn.Conv2d(squeezed, channels, 1)

    def forward(self, x):
        s = nn.functional.silu(self.reduce(x.mean((2, 3), keepdim=True)))
        return x * torch.sigmoid(self.expand(s))


class MBConv(nn.Module):
    def __init__(self, a, b, expansion, kernel, stride):
        super().__init__()
        wide = a * expansion
        self.body = nn.Sequential(*([conv(a, wide)] if expansion > 1 else []), conv(wide, wide, kernel, stride, groups=wide),
                                  Excite(wide, max(1, a // 4)), conv(wide, b, act=False))
        self.residual = stride == 1 and a == b

    def forward(self, x):
        return x + self.body(x) if self.residual else self.body(x)


class EfficientNetB0(nn.Module):
    def __init__(self, outputs, channels=3, dropout=0.2):
        super().__init__()
        layers, a = [conv(channels, 32, 3, 2)], 32
        for expansion, b, repeats, stride, kernel in STAGES:
            for r in range(repeats):
                layers.append(MBConv(a, b, expansion, kernel, stride if r == 0 else 1))
                a = b
        layers.append(conv(a, 1280))
        self.features = nn.Sequential(*layers)
        self.classify = nn.Sequential(nn.Dropout(dropout), nn.Linear(1280, outputs))

    def forward(self, x):
        return self.classify(self.features(x).mean((2, 3)))
