"""Reference for the trainer of sparse autoencoders, all in float64: every kind in PyTorch as plain dense autograd (loss, gradients, three
optimiser steps on one batch, the loss over 50 steps on changing batches), and CKNNA in numpy.

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
    return [float(f"{value:.10g}") for value in np.asarray(array, dtype=np.float64).ravel()]


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


def from_seed(seed):
    return np.random.default_rng(seed)


class JumpReLU(torch.autograd.Function):
    """z = pre where pre > theta; pseudo-derivative in theta by a rectangle (Rajamanoharan et al. 2024, equation 11)."""

    @staticmethod
    def forward(context, pre, theta, bandwidth):
        context.save_for_backward(pre, theta)
        context.bandwidth = bandwidth
        return pre * (pre > theta)

    @staticmethod
    def backward(context, gradient):
        pre, theta = context.saved_tensors
        near = ((pre - theta).abs() < context.bandwidth / 2).double()
        return gradient * (pre > theta), (-(theta / context.bandwidth) * near * gradient).sum(0), None


class Step(torch.autograd.Function):
    """1 where pre > theta; flat in pre, pseudo-derivative in theta (equation 12)."""

    @staticmethod
    def forward(context, pre, theta, bandwidth):
        context.save_for_backward(pre, theta)
        context.bandwidth = bandwidth
        return (pre > theta).double()

    @staticmethod
    def backward(context, gradient):
        pre, theta = context.saved_tensors
        near = ((pre - theta).abs() < context.bandwidth / 2).double()
        return torch.zeros_like(pre), (-(1 / context.bandwidth) * near * gradient).sum(0), None


def strongest(pre, k):
    values, latents = pre.topk(k, dim=1)
    return torch.zeros_like(pre).scatter(1, latents, values.relu())


def codes_of(case, parameters, pre):
    """The code of each level, all dense, and the kind's own term of the loss."""
    kind = case["kind"]
    if kind == "nested":
        codes = [strongest(pre, k) for k in case["levels"]]
        return codes, case["l1"] * codes[-1].sum(1).mean()
    if kind == "jumprelu":
        theta = parameters["logThreshold"].exp()
        code = JumpReLU.apply(pre, theta, case["bandwidth"])
        return [code], case["l0"] * Step.apply(pre, theta, case["bandwidth"]).sum(1).mean()
    positive = pre.relu().flatten()
    values, places = positive.topk(case["k"] * len(pre))
    code = torch.zeros_like(positive).scatter(0, places, values).view_as(pre)
    return [code * (torch.arange(N) < m) for m in case["levels"]], 0


def loss_of(case, parameters, batch):
    pre = (batch - parameters["bPre"]) @ parameters["wEnc"].T + parameters["bLat"]
    power = (batch**2).mean(1) if case["relative"] else torch.ones(len(batch))
    codes, total = codes_of(case, parameters, pre)
    for code, weight in zip(codes, case["alpha"]):
        estimate = code @ parameters["wDec"] + parameters["bPre"]
        total = total + weight / sum(case["alpha"]) * (((estimate - batch) ** 2).mean(1) / power).mean()
    if case["auxiliary"]:
        # the dead reconstruct what the last level leaves, held fixed (Gao et al. 2024)
        dead = torch.tensor(case["auxiliary"]["dead"])
        code = torch.zeros_like(pre)
        code[:, dead] = strongest(pre[:, dead], case["auxiliary"]["helpers"])
        rest = (batch - estimate).detach()
        error = (((code @ parameters["wDec"] - rest) ** 2).mean(1) / power).mean()
        total = total + case["auxiliary"]["coefficient"] * error
    return total


def parameters_of(case):
    names = ["wDec", "wEnc", "bLat", "bPre"] + (["logThreshold"] if case["kind"] == "jumprelu" else [])
    return {name: torch.tensor(start[name], requires_grad=True) for name in names}


def train(case, batches):
    """Steps in the paper's order: gradient, unit norm, projection, clip, Adam. Gives parameters, gradient norms and the loss of each step."""
    parameters = parameters_of(case)
    adam = torch.optim.Adam(parameters.values(), lr=LEARNING_RATE, eps=6.25e-10)
    norms, losses = [], []
    for batch in batches:
        adam.zero_grad()
        loss = loss_of(case, parameters, torch.tensor(batch))
        loss.backward()
        with torch.no_grad():
            norm = parameters["wDec"].norm(dim=1, keepdim=True)
            parameters["wDec"] /= norm
            parameters["wEnc"] *= norm
            parameters["bLat"] *= norm[:, 0]
            if "logThreshold" in parameters:
                parameters["logThreshold"] += norm[:, 0].log()
            gradient = parameters["wDec"].grad
            gradient -= (gradient * parameters["wDec"]).sum(1, keepdim=True) * parameters["wDec"]
            norms.append(float(torch.nn.utils.clip_grad_norm_(parameters.values(), 1.0)))
        adam.step()
        losses.append(loss.item())
    return parameters, norms, losses


LEARNING_RATE = 1e-3
STEPS, BATCH, POOL = 50, 16, 96
start["logThreshold"] = single(np.log(0.4) + 0.2 * from_seed(5).normal(size=N))
# rows mixed from a few directions, so that there is something to learn
directions = from_seed(6).normal(size=(10, D))
strengths = from_seed(7).gamma(2, 0.5, size=(POOL, 10)) * (from_seed(8).uniform(size=(POOL, 10)) < 0.3)
pool = single(strengths @ directions + 0.1 * from_seed(9).normal(size=(POOL, D)))
picks = [[int(row) for row in from_seed(100 + step).permutation(POOL)[:BATCH]] for step in range(STEPS)]

PREFIXES = [4, 9, N]
plain = {"kind": "nested", "alpha": [1], "relative": True, "l1": 0, "auxiliary": None}
wanted = [
    {"name": "msae, all levels alike", "levels": [2, 4, 8], "alpha": [1, 1, 1]},
    {"name": "msae, reverse weighting", "levels": [2, 4, 8], "alpha": [3, 2, 1]},
    {"name": "msae, all levels alike, squared error", "levels": [2, 4, 8], "alpha": [1, 1, 1], "relative": False},
    {"name": "msae, reverse weighting, squared error", "levels": [2, 4, 8], "alpha": [3, 2, 1], "relative": False},
    {"name": "topk", "levels": [5]},
    {"name": "relu with an L1 term", "levels": [N], "l1": 0.003},
    {"name": "relu with an L1 term, squared error", "levels": [N], "l1": 0.003, "relative": False},
    {"name": "batchtopk", "kind": "batchtopk", "levels": [N], "k": 4},
    {"name": "batchtopk, squared error", "kind": "batchtopk", "levels": [N], "k": 3, "relative": False},
    {"name": "jumprelu with an L0 term", "kind": "jumprelu", "levels": [N], "l0": 0.01, "bandwidth": 0.3},
    {"name": "jumprelu with an L0 term, squared error", "kind": "jumprelu", "levels": [N], "l0": 0.02, "bandwidth": 0.5, "relative": False},
    {"name": "prefix, all alike", "kind": "prefix", "levels": PREFIXES, "alpha": [1, 1, 1], "k": 5},
    {"name": "prefix, reverse weighting, squared error", "kind": "prefix", "levels": PREFIXES, "alpha": [3, 2, 1], "k": 5, "relative": False},
    {"name": "topk with an auxiliary term", "levels": [4], "auxiliary": {"coefficient": 0.125, "helpers": 2, "dead": [1, 4, 9, 13, 17]}},
    {"name": "msae with an auxiliary term, reverse weighting, squared error", "levels": [2, 6], "alpha": [2, 1], "relative": False,
     "auxiliary": {"coefficient": 0.125, "helpers": 2, "dead": [1, 4, 9, 13, 17]}},
]


def closest(case):
    """How near the case's rows come to a tie or an edge: what is picked must not hang on rounding."""
    parameters = parameters_of(case)
    with torch.no_grad():
        pre = (torch.tensor(x) - parameters["bPre"]) @ parameters["wEnc"].T + parameters["bLat"]
        gaps = [pre.abs().min()]
        if case["kind"] == "jumprelu":
            away = (pre - parameters["logThreshold"].exp()).abs()
            gaps += [away.min(), (away - case["bandwidth"] / 2).abs().min()]
        elif case["kind"] == "nested":
            gaps.append(pre.sort(dim=1).values.diff(dim=1).min())
        else:
            gaps.append(pre.flatten().sort(descending=True).values[: case["k"] * ROWS + 1].diff().abs()[-1])
    return min(float(gap) for gap in gaps)


cases = []
for changes in wanted:
    case = {**plain, **changes}
    parameters = parameters_of(case)
    loss = loss_of(case, parameters, torch.tensor(x))
    loss.backward()
    print(f"{case['name']}: loss {loss.item():.4f}, {closest(case):.1e} from the nearest tie")
    after, norms, _ = train(case, [x] * 3)
    _, _, curve = train(case, [pool[picked] for picked in picks])
    cases.append(
        {
            **case,
            "loss": loss.item(), "gradients": {name: numbers(value.grad) for name, value in parameters.items()},
            "norms": norms, "after": {name: numbers(value.detach()) for name, value in after.items()},
            "curve": numbers(curve),
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
    "learningRate": LEARNING_RATE, "pool": numbers(pool), "picks": picks, "cases": cases,
    "cknna": {"points": numbers(points), "codes": numbers(codes), "m": 40, "d": 6, "n": 9, "value": cknna(points, codes, 10)},
}
path = root / "test" / "fixtures" / "sae-torch.json"
path.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
print(path, path.stat().st_size, "bytes")
