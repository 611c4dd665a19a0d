"""All 2,400 EagleEyes features of the patches in a folder, by numpy and PyWavelets; prints the CPU seconds a patch.

pip install -r test/bench/peers/requirements.txt
python test/bench/peers/features.py FOLDER svd|gram
FOLDER holds {index}.npz with data and mask. svd: numpy.linalg.svd of the wrap-padded squares, as the winners have it. gram: eigenvalues of the
short side's Gram matrix with its rows weighted by how often they stand in the square. Reading is not counted.
"""
import json
import sys
import time
from pathlib import Path

import numpy as np
import pywt

SCALE = 2210


def square_svd(cube):
    _, height, width = cube.shape
    side = max(height, width)
    square = np.pad(cube, ((0, 0), (0, side - height), (0, side - width)), "wrap")
    return np.linalg.svd(square, compute_uv=False)[:, :5].T


def short_gram(cube):
    _, height, width = cube.shape
    lines = cube if height <= width else cube.transpose(0, 2, 1)
    short, side = lines.shape[1:]
    lines = lines * np.sqrt(np.bincount(np.arange(side) % short))[None, :, None]
    return np.sqrt(np.maximum(np.linalg.eigvalsh(lines @ lines.transpose(0, 2, 1))[:, :-6:-1], 0)).T


def wavelets(x):
    kept, level = [], x
    for _ in range(4):
        level = pywt.dwt(level, "sym3", mode="constant")[0]
        kept.append(level)
        level = level[1:-1]
    level = x
    for first, last in ((12, 92), (15, 55), (15, 35), (15, 25)):
        level = pywt.dwt(level, "dmey", mode="constant")[0][first:last]
        kept.append(level)
    return kept


def features(data, mask, sigmas):
    cube = np.where(mask, 0, data) / SCALE
    mean = cube.sum(axis=(1, 2)) / (~mask).sum(axis=(1, 2))
    sigma = sigmas(cube)
    d1 = np.gradient(mean)
    d2 = np.gradient(d1)
    fourier, fourier_sigma = np.fft.fft(mean), np.fft.fft(sigma[0])
    groups = [mean, d1, d2, np.gradient(d2), sigma[0] / (sigma[1] + 2.22e-16), *sigma]
    groups += [fourier.real, fourier.imag, fourier_sigma.real, fourier_sigma.imag]
    return np.concatenate(groups + wavelets(mean))


folder, sigmas = Path(sys.argv[1]), {"svd": square_svd, "gram": short_gram}[sys.argv[2]]
patches = []
for path in sorted(folder.glob("*.npz"), key=lambda p: int(p.stem)):
    with np.load(path) as patch:
        patches.append((patch["data"], patch["mask"].astype(bool)))
features(*patches[0], sigmas)
before = time.process_time()
total = sum(features(data, mask, sigmas).sum() for data, mask in patches)
seconds = (time.process_time() - before) / len(patches)
print(json.dumps({"seconds": seconds, "sum": float(total)}))
