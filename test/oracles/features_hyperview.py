"""All sixteen EagleEyes groups of the patches in a HYPERVIEW folder, by numpy's SVD and PyWavelets on wrap-padded squares.

pip install numpy==2.4.6 PyWavelets==1.8.0
python test/oracles/features_hyperview.py FOLDER OUT.npy
writes float64 [patches, 2400], patches by rising index. test/campaigns/features.ts makes the folder and compares.
"""
import sys
from pathlib import Path

import numpy as np
import pywt

EPSILON = 2.22e-16
DMEY = ((12, 92), (15, 55), (15, 35), (15, 25))


def low(x, wavelet):
    return pywt.dwt(x, wavelet, mode="constant")[0]


def wavelets(x):
    sym3, level = [], x
    for _ in range(4):
        level = low(level, "sym3")
        sym3.append(level)
        level = level[1:-1]
    dmey, level = [], x
    for first, last in DMEY:
        level = low(level, "dmey")[first:last]
        dmey.append(level)
    return sym3 + dmey


def features(data, mask, scale=2210):
    cube = np.ma.MaskedArray(data / scale, mask)
    mean = np.array([band.mean() for band in cube])
    _, height, width = cube.shape
    side = max(height, width)
    square = np.pad(cube.filled(0), ((0, 0), (0, side - height), (0, side - width)), "wrap")
    sigma = np.linalg.svd(square, compute_uv=False)[:, :5].T
    d1 = np.gradient(mean)
    d2 = np.gradient(d1)
    fourier, fourier_sigma = np.fft.fft(mean), np.fft.fft(sigma[0])
    groups = [mean, d1, d2, np.gradient(d2), sigma[0] / (sigma[1] + EPSILON), *sigma]
    groups += [fourier.real, fourier.imag, fourier_sigma.real, fourier_sigma.imag]
    return np.concatenate(groups + wavelets(mean))


if __name__ == "__main__":
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    rows = []
    for path in sorted(folder.glob("*.npz"), key=lambda p: int(p.stem)):
        with np.load(path) as patch:
            rows.append(features(patch["data"], patch["mask"].astype(bool)))
    np.save(out, np.array(rows))
    print(f"numpy {np.__version__}, PyWavelets {pywt.__version__}")
