"""What both trainings share: arguments, seeding, checkpoints, a log as CSV and its curves as PNG."""
import argparse
import csv
import math
import os
import random
import time
import numpy as np
import torch


def arguments(description, widths=None):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", required=True, help="folder of training phantoms (hematoma-agent phantom --format npy --matrix 192 --spacing 1.2)")
    parser.add_argument("--test", required=True, help="folder of phantoms from other seeds")
    parser.add_argument("--out", required=True, help="folder for checkpoint, log and curves; a checkpoint in it is gone on with")
    parser.add_argument("--init", help="checkpoint whose weights to begin with (not its step or its optimiser)")
    parser.add_argument("--rate", type=float, help="first learning rate, where it shall not be the recipe's (a tenth of it goes with --init)")
    parser.add_argument("--minutes", type=float, default=30, help="wall-clock budget")
    parser.add_argument("--smoke", action="store_true", help="a few steps only, to see that the recipe runs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=8)
    if widths: parser.add_argument("--widths", default=widths, help="channels of the U-Net, top to bottom")
    return parser.parse_args()


class Run:
    def __init__(self, args, net, rate):
        rate = args.rate or rate
        random.seed(args.seed); np.random.seed(args.seed); torch.manual_seed(args.seed)
        os.makedirs(args.out, exist_ok=True)
        self.args, self.device = args, "cuda" if torch.cuda.is_available() else "cpu"
        self.net = net.to(self.device)
        if self.device == "cuda":
            # Pictures of one size, channels last: what the card's convolutions are fastest on.
            torch.backends.cudnn.benchmark = True
            self.net = self.net.to(memory_format=torch.channels_last)
        self.optimiser = torch.optim.AdamW(self.net.parameters(), lr=rate, weight_decay=1e-4)
        self.rate, self.step, self.spent, self.rows = rate, 0, 0.0, []
        self.path = os.path.join(args.out, "checkpoint.pt")
        if os.path.exists(self.path):
            state = torch.load(self.path, map_location=self.device)
            self.net.load_state_dict(state["net"]); self.optimiser.load_state_dict(state["optimiser"])
            self.step, self.spent, self.rows = state["step"], state["spent"], state["rows"]
            print(f"going on at step {self.step} after {self.spent / 60:.1f} min", flush=True)
        elif args.init:
            self.net.load_state_dict(torch.load(args.init, map_location=self.device)["net"])
        self.started = time.time() - self.spent

    def steps(self):
        """Counts until the budget is spent; the rate falls to nothing on a half cosine."""
        while True:
            self.spent = time.time() - self.started
            share = self.step / 6 if self.args.smoke else self.spent / (60 * self.args.minutes)
            if share >= 1: return
            for group in self.optimiser.param_groups: group["lr"] = self.rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * share)))
            yield self.step
            self.step += 1

    def learn(self, loss):
        self.optimiser.zero_grad(); loss.backward(); self.optimiser.step()

    def save(self, **row):
        self.rows.append(dict(step=self.step, minutes=round(self.spent / 60, 2), **row))
        torch.save(dict(net=self.net.state_dict(), optimiser=self.optimiser.state_dict(), step=self.step, spent=self.spent, rows=self.rows), self.path + ".new")
        os.replace(self.path + ".new", self.path)
        with open(os.path.join(self.args.out, "log.csv"), "w", newline="") as f:
            writer = csv.DictWriter(f, self.rows[0].keys()); writer.writeheader(); writer.writerows(self.rows)
        print(self.rows[-1], flush=True)
