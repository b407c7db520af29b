"""Makes platt.csv: labelled logits, and the slope and intercept that SciPy's general minimiser finds for them with Platt's targets (Platt 1999).

Run with Debian's python3-numpy and python3-scipy: python3 make.py
"""
import os

import numpy
from scipy.optimize import minimize

HERE = os.path.dirname(os.path.abspath(__file__))


def reference(logits, labels):
    positives, negatives = labels.sum(), (~labels).sum()
    targets = numpy.where(labels, (positives + 1) / (positives + 2), 1 / (negatives + 2))

    def loss(at):
        score = at[0] * logits + at[1]
        return numpy.sum(numpy.logaddexp(0, score) - targets * score)

    def gradient(at):
        away = 1 / (1 + numpy.exp(-(at[0] * logits + at[1]))) - targets
        return numpy.array([numpy.sum(away * logits), numpy.sum(away)])

    found = minimize(loss, [1, 0], jac=gradient, method="BFGS", options={"gtol": 1e-9})
    return found.x


def draw(name, random, count, slope, intercept, spread):
    logits = random.normal(0, spread, count).astype(numpy.float32)
    labels = random.random(count) < 1 / (1 + numpy.exp(-(slope * logits + intercept)))
    return name, logits, labels


random = numpy.random.default_rng(11)
apart = numpy.concatenate([random.uniform(-6, -1, 12), random.uniform(1, 6, 9)]).astype(numpy.float32)
sets = [
    draw("too-sure", random, 150, 0.35, -0.6, 4),
    draw("too-timid", random, 150, 2.5, 0.4, 0.8),
    draw("rare", random, 400, 1, -3, 1.5),
    draw("useless", random, 120, -0.3, 0, 2),
    ("apart", apart, apart > 0),
]
with open(os.path.join(HERE, "platt.csv"), "w") as file:
    file.write("set,slope,intercept,logit,label\n")
    for name, logits, labels in sets:
        slope, intercept = reference(logits.astype(float), labels)
        for logit, label in zip(logits, labels):
            file.write(f"{name},{slope:.7f},{intercept:.7f},{logit:.9g},{int(label)}\n")
