"""Reference values of the mean-spectrum features, made with numpy and PyWavelets on real LimeSoDa spectra.

pip install numpy==2.4.6 PyWavelets==1.8.0
python test/oracles/features_pywavelets.py
writes test/fixtures/features-pywavelets.json
"""
import csv
import json
from pathlib import Path

import numpy as np
import pywt

root = Path(__file__).resolve().parents[2]
ROWS = [0, 300, 700]

with open(root / "models/soil-spectra/limesoda_150bands.csv") as file:
    rows = list(csv.DictReader(file))
bands = [name for name in rows[0] if name[0].isdigit()]
spectra = np.array([[float(rows[i][b]) for b in bands] for i in ROWS], dtype=np.float32).astype(np.float64)


def low(x, wavelet):
    return pywt.dwt(x, wavelet, mode="constant")[0]


def features(x):
    d1 = np.gradient(x)
    d2 = np.gradient(d1)
    fourier = np.fft.fft(x)
    sym3, level = [], x
    for _ in range(4):
        level = low(level, "sym3")
        sym3.append(level)
        level = level[1:-1]
    dmey, level = [], x
    for first, last in ((12, 92), (15, 55), (15, 35), (15, 25)):
        level = low(level, "dmey")[first:last]
        dmey.append(level)
    return {
        "arr": x,
        "d1": d1,
        "d2": d2,
        "d3": np.gradient(d2),
        "dft.re": fourier.real,
        "dft.im": fourier.imag,
        "sym3": np.concatenate(sym3),
        "dmey": np.concatenate(dmey),
    }


fixture = {
    "madeWith": {"numpy": np.__version__, "PyWavelets": pywt.__version__},
    "rows": ROWS,
    "features": [{group: values.tolist() for group, values in features(x).items()} for x in spectra],
}
(root / "test/fixtures/features-pywavelets.json").write_text(json.dumps(fixture))
