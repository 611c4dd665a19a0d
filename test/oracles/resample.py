"""Resampling between instruments by numerical integration, for the resampler: the source as piecewise linear (numpy.interp), the target's
Gaussian response truncated at ±1.5 FWHM, or nearer where the source ends, integrated by scipy.integrate.quad between the source's band centres.

pip install numpy==2.4.6 scipy==1.17.1
python test/oracles/resample.py
writes test/fixtures/resample.json
"""
import csv
import json
from pathlib import Path

import numpy as np
import scipy
from scipy.integrate import quad

root = Path(__file__).resolve().parents[2]
hysu = np.load(root / "models/frames/hysu_vnir.npz")
pines = np.load(root / "models/frames/indian_pines_vnir.npz")
with open(root / "models/soil-spectra/limesoda_150bands.csv") as file:
    hyperview = np.array([float(name) for name in next(csv.reader(file)) if name[0].isdigit()])


def resample(nm, spectrum, to, fwhm):
    order = np.argsort(nm)
    x, y = nm[order].astype(float), spectrum[order].astype(float)
    result = []
    for centre, width in zip(to, fwhm):
        sigma = width / (2 * np.sqrt(2 * np.log(2)))
        reach = min(1.5 * width, centre - x[0], x[-1] - centre)
        inside = x[(x > centre - reach) & (x < centre + reach)]
        edges = [centre - reach, *inside, centre + reach]
        response = lambda at: np.exp(-((at - centre) ** 2) / (2 * sigma**2))
        top = sum(quad(lambda at: response(at) * np.interp(at, x, y), a, b, epsabs=1e-13, epsrel=1e-13)[0] for a, b in zip(edges, edges[1:]))
        bottom = sum(quad(response, a, b, epsabs=1e-13, epsrel=1e-13)[0] for a, b in zip(edges, edges[1:]))
        result.append(top / bottom)
    return result


def case(name, cube, pixel, to, fwhm):
    nm = cube["wavelengths"].astype(np.float64)
    spectrum = cube["data"][:, pixel[0], pixel[1]]
    return {"name": name, "frame": name.split()[0], "pixel": pixel, "toNm": list(map(float, to)), "fwhmNm": list(map(float, fwhm)),
            "expected": resample(nm, spectrum, to, fwhm)}


inner = hyperview[(hyperview > 462) & (hyperview < 902)]
# INTUITION-1: 192 bands, 465–940 nm; Sentinel-2A red edge and near infrared, broad
intuition = np.linspace(465, 895, 60)
cases = [
    case("hysu_vnir to HYPERVIEW", hysu, [20, 30], inner[::3], np.full(len(inner[::3]), 3.2)),
    case("hysu_vnir to Sentinel-2", hysu, [5, 50], [492.4, 559.8, 664.6, 704.1, 740.5, 782.8, 832.8], [66, 36, 31, 15, 15, 20, 106]),
    case("indian_pines_vnir to INTUITION-1", pines, [70, 30], intuition, np.linspace(2.5, 12, 60)),
]
(root / "test/fixtures/resample.json").write_text(json.dumps(
    {"numpy": np.__version__, "scipy": scipy.__version__, "cases": cases}) + "\n")
