"""What the trainers of autoencoders share: the run that the bench wrote into a folder, held-out quality, the line to print.

The folder holds batches.npy [steps, batch, d] float32, preprocessed, in the order that ours takes them; encoder.npy and dictionary.npy [n, d], the first
weights; held.npy [rows, d], unseen and raw, with mean.npy [d]; and run.json: learningRate, scale and k, at which quality is measured.
"""
import json
import time
from pathlib import Path

import numpy as np
import torch

torch.set_num_threads(1)
torch.manual_seed(1)
# of the steps with constant learning rate; then it falls linearly to 0
CONSTANT_SHARE = 0.8


class Run:
    def __init__(self, folder):
        folder = Path(folder)
        arrays = {name: torch.from_numpy(np.load(folder / f"{name}.npy")) for name in ("batches", "encoder", "dictionary", "held", "mean")}
        self.batches, self.encoder, self.dictionary = arrays["batches"], arrays["encoder"], arrays["dictionary"]
        self.held, self.mean = arrays["held"], arrays["mean"]
        settings = json.loads((folder / "run.json").read_text())
        self.rate, self.scale, self.k = settings["learningRate"], settings["scale"], settings["k"]

    def rate_at(self, step):
        """Learning rate of a step, from 0."""
        steps = len(self.batches)
        return self.rate * min(1, (steps - step) / (steps - CONSTANT_SHARE * steps))

    def train(self, step):
        """Calls step(x, rate) for each batch and gives the CPU seconds."""
        before = time.process_time()
        for i, x in enumerate(self.batches):
            step(x, self.rate_at(i))
        return time.process_time() - before

    @torch.no_grad()
    def report(self, seconds, reconstruct):
        """Prints what the bench reads; reconstruct gives x' of rows of x' by their k strongest latents."""
        inputs = (self.held - self.mean) * self.scale
        error = (inputs - reconstruct(inputs)) / self.scale
        fvu = (error.var(1, correction=0) / self.held.var(1, correction=0)).mean().item()
        samples = self.batches.shape[0] * self.batches.shape[1]
        print(json.dumps({"seconds": seconds, "samplesPerCpuSecond": samples / seconds, "fvu": fvu}))


def strongest(pre, k):
    """Values, not below 0, and indices of the k largest of each row."""
    values, indices = pre.topk(k, dim=-1)
    return values.relu(), indices


def adam(parameters):
    """The paper's, by PyTorch's fastest implementation on a CPU."""
    return torch.optim.Adam(parameters, lr=1e-3, betas=(0.9, 0.999), eps=6.25e-10, fused=True)


def set_rate(optimiser, rate):
    for group in optimiser.param_groups:
        group["lr"] = rate
