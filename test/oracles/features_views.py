"""Reference values of the views and groups of soil spectroscopy, by scipy's savgol_filter and numpy, on real LimeSoDa spectra.

pip install numpy==2.4.6 scipy==1.17.1
python test/oracles/features_views.py
writes test/fixtures/features-views.json
"""
import csv
import json
from pathlib import Path

import numpy as np
import scipy
from scipy.signal import savgol_filter

root = Path(__file__).resolve().parents[2]
ROWS = [0, 300, 700]

with open(root / "models/soil-spectra/limesoda_150bands.csv") as file:
    rows = list(csv.DictReader(file))
bands = [name for name in rows[0] if name[0].isdigit()]
every = np.array([[float(row[b]) for b in bands] for row in rows], dtype=np.float32).astype(np.float64)
reference = every.mean(axis=0)
place = np.arange(len(bands))


def savgol(x, window, degree, derivative):
    return savgol_filter(x, window, degree, deriv=derivative, mode="interp")


def snv(x):
    return (x - x.mean()) / x.std(ddof=1)


def msc(x):
    slope, offset = np.polyfit(reference, x, 1)
    return (x - offset) / slope


def continuum(x):
    # the hull by brute force: the highest chord over each band between any two bands
    hull = x.copy()
    for a in place:
        for b in place[a + 1 :]:
            inside = place[a : b + 1]
            hull[a : b + 1] = np.maximum(hull[a : b + 1], x[a] + (inside - a) / (b - a) * (x[b] - x[a]))
    return x / hull


def gap(x, g):
    left, right = np.maximum(place - g, 0), np.minimum(place + g, len(x) - 1)
    return (x[right] - x[left]) / (right - left)


def views(x):
    absorbance = np.log10(1 / x)
    return {
        "mean/absorbance": absorbance,
        "mean/sg.11.2.0": savgol(x, 11, 2, 0),
        "mean/sg.15.4.2": savgol(x, 15, 4, 2),
        "mean/sg.5.3.3": savgol(x, 5, 3, 3),
        "mean/sg.101.6.1": savgol(x, 101, 6, 1),
        "mean/snv": snv(x),
        "mean/msc": msc(x),
        "mean/continuum": continuum(x),
        "mean/gap.3": gap(x, 3),
        "mean/absorbance/sg.11.2.1/snv": snv(savgol(absorbance, 11, 2, 1)),
    }


def groups(x):
    absorbance = np.log10(1 / x)
    return {
        "sg0": savgol(x, 11, 2, 0),
        "sg1": savgol(x, 11, 2, 1),
        "sg2": savgol(x, 11, 2, 2),
        "gap": gap(x, 5),
        "abs": absorbance,
        "abs.sg1": savgol(absorbance, 11, 2, 1),
        "snv": snv(x),
        "msc": msc(x),
        "cr": continuum(x),
        "pre": snv(savgol(absorbance, 11, 2, 1)),
    }


def listed(values):
    return {name: [float(f"{v:.15g}") for v in vector] for name, vector in values.items()}


fixture = {
    "madeWith": {"numpy": np.__version__, "scipy": scipy.__version__},
    "rows": ROWS,
    "mscReference": reference.tolist(),
    "views": [listed(views(every[i])) for i in ROWS],
    "groups": [listed(groups(every[i])) for i in ROWS],
}
(root / "test/fixtures/features-views.json").write_text(json.dumps(fixture, separators=(",", ":")))
