"""The 64 strongest latents of embeddings by PyTorch, one thread; prints the median seconds of a call, and the sum of all values for the check.

pip install -r test/bench/peers/requirements.txt
python test/bench/peers/sae_encode.py FOLDER ROWS
FOLDER holds rows.npy [m, d] float32, weights.npy [n, d] and bias.npy [n], with all preprocessing in them. A call takes the next ROWS rows. The
fastest way of some counts: addmv or addmm over either layout, and oneDNN's packed weights, which is what torch.compile makes of a frozen layer.
"""
import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import torch

SECONDS = 2
K = 64

torch.set_num_threads(1)
folder, count = Path(sys.argv[1]), int(sys.argv[2])
rows, weights, bias = (torch.from_numpy(np.load(folder / f"{name}.npy")) for name in ("rows", "weights", "bias"))
parts = rows.split(count)
transposed = weights.t().contiguous()
packed = torch.ops.mkldnn._reorder_linear_weight(weights, count)
ways = {
    "addmm": lambda x: torch.addmm(bias, x, weights.t()),
    "addmm, transposed": lambda x: torch.addmm(bias, x, transposed),
    "oneDNN, packed": lambda x: torch.ops.mkldnn._linear_pointwise(x, packed, bias, "none", [], ""),
}
if count == 1:
    ways["addmv"] = lambda x: torch.addmv(bias, weights, x[0])


@torch.inference_mode()
def median(way):
    times, end = [], time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        x = parts[len(times) % len(parts)]
        start = time.perf_counter()
        values, latents = way(x).topk(K)
        values.relu_()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


for way in ways.values():
    way(parts[0])
seconds, way = min((median(way), name) for name, way in ways.items())
total = torch.addmm(bias, rows, weights.t()).topk(K).values.relu().double().sum().item()
print(json.dumps({"seconds": seconds, "rowsPerSecond": count / seconds, "way": way, "sum": total}))
