"""Reference for the MSAE trainer: loss, gradients and three optimiser steps in PyTorch, and CKNNA in numpy, all in float64.

pip install torch==2.15.0 numpy==2.4.6
python test/oracles/sae_torch.py
writes test/fixtures/sae-torch.json
"""
import json
from pathlib import Path

import numpy as np
import torch

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
root = Path(__file__).resolve().parents[2]
random = np.random.default_rng(11)
ROWS, D, N = 6, 12, 20


def numbers(array):
    return [float(f"{value:.12g}") for value in np.asarray(array, dtype=np.float64).ravel()]


def single(array):
    """Values that float32 holds exactly, so that both sides start from the same numbers."""
    return np.asarray(array, dtype=np.float32).astype(np.float64)


x = single(random.normal(size=(ROWS, D)))
start = {
    "wDec": single(random.normal(size=(N, D)) * 0.3),
    "wEnc": single(random.normal(size=(N, D)) * 0.3),
    "bLat": single(random.normal(size=N) * 0.05),
    "bPre": single(random.normal(size=D) * 0.1),
}


def loss_of(parameters, batch, levels, alpha, l1):
    pre = (batch - parameters["bPre"]) @ parameters["wEnc"].T + parameters["bLat"]
    power = (batch**2).mean(1)
    total = 0
    for k, weight in zip(levels, alpha):
        values, latents = pre.topk(k, dim=1)
        code = torch.zeros_like(pre).scatter(1, latents, values.relu())
        estimate = code @ parameters["wDec"] + parameters["bPre"]
        total = total + weight / sum(alpha) * (((estimate - batch) ** 2).mean(1) / power).mean()
    return total + l1 * code.sum(1).mean()


cases = []
for name, levels, alpha, l1 in [
    ("msae, all levels alike", [2, 4, 8], [1, 1, 1], 0),
    ("msae, reverse weighting", [2, 4, 8], [3, 2, 1], 0),
    ("topk", [5], [1], 0),
    ("relu with an L1 term", [N], [1], 0.003),
]:
    parameters = {key: torch.tensor(value, requires_grad=True) for key, value in start.items()}
    loss = loss_of(parameters, torch.tensor(x), levels, alpha, l1)
    loss.backward()
    gradients = {key: numbers(value.grad) for key, value in parameters.items()}
    # three steps on the same batch, in the paper's order: gradient, unit norm, projection, clip, Adam
    parameters = {key: torch.tensor(value, requires_grad=True) for key, value in start.items()}
    adam = torch.optim.Adam(parameters.values(), lr=1e-3, eps=6.25e-10)
    norms = []
    for _ in range(3):
        adam.zero_grad()
        loss_of(parameters, torch.tensor(x), levels, alpha, l1).backward()
        with torch.no_grad():
            norm = parameters["wDec"].norm(dim=1, keepdim=True)
            parameters["wDec"] /= norm
            parameters["wEnc"] *= norm
            parameters["bLat"] *= norm[:, 0]
            gradient = parameters["wDec"].grad
            gradient -= (gradient * parameters["wDec"]).sum(1, keepdim=True) * parameters["wDec"]
            norms.append(float(torch.nn.utils.clip_grad_norm_(parameters.values(), 1.0)))
        adam.step()
    after = {key: numbers(value.detach()) for key, value in parameters.items()}
    cases.append(
        {
            "name": name, "levels": levels, "alpha": alpha, "l1": l1,
            "loss": loss.item(), "gradients": gradients, "norms": norms, "after": after,
        }
    )


def hsic(k, l):
    m = len(k)
    k, l = k * (1 - np.eye(m)), l * (1 - np.eye(m))
    return ((k * l.T).sum() + k.sum() * l.sum() / ((m - 1) * (m - 2)) - 2 * (k @ l).sum() / (m - 2)) / (m * (m - 3))


def cknna(a, b, neighbours):
    k, l = a @ a.T, b @ b.T

    def mask(kernel):
        kernel = kernel.copy()
        np.fill_diagonal(kernel, -np.inf)
        near = np.zeros_like(kernel)
        np.put_along_axis(near, np.argsort(-kernel, axis=1)[:, :neighbours], 1, axis=1)
        return near

    def score(p, q):
        both = mask(p) * mask(q)
        return hsic(both * p, both * q)

    return score(k, l) / np.sqrt(score(k, k) * score(l, l))


points = random.normal(size=(40, 6))
codes = np.maximum(0, points @ random.normal(size=(6, 9)))
fixture = {
    "made": {"torch": torch.__version__, "numpy": np.__version__, "script": "test/oracles/sae_torch.py"},
    "rows": ROWS, "d": D, "n": N, "x": numbers(x),
    "start": {key: numbers(value) for key, value in start.items()},
    "cases": cases,
    "cknna": {"points": numbers(points), "codes": numbers(codes), "m": 40, "d": 6, "n": 9, "value": cknna(points, codes, 10)},
}
path = root / "test" / "fixtures" / "sae-torch.json"
path.write_text(json.dumps(fixture) + "\n")
print(path, path.stat().st_size, "bytes")
