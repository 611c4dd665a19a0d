"""Coefficients of scikit-learn's PLSRegression and RidgeCV on LimeSoDa, to hold ours against.

pip install numpy==2.4.6 scikit-learn==1.9.1
python test/oracles/estimators_linear.py
writes test/fixtures/estimators-linear.json

SL.125 (fewer rows than bands) and SSP.460 (more): raw reflectance, float32 values taken in float64. PLS2 iterates to 1e-30, so that its
weights are the singular vectors and not what the default tolerance of 1e-6 leaves of them. VIP by its definition from scikit-learn's arrays.
"""
import csv
import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.cross_decomposition import PLSRegression
from sklearn.linear_model import RidgeCV
from sklearn.preprocessing import StandardScaler

root = Path(__file__).resolve().parents[2]
with open(root / "models/soil-spectra/limesoda_150bands.csv") as file:
    table = list(csv.DictReader(file))
bands = [name for name in table[0] if name[0].isdigit()]


def load(dataset, targets):
    rows = [row for row in table if row["dataset"] == dataset]
    x = np.array([[float(row[b]) for b in bands] for row in rows], dtype=np.float32).astype(np.float64)
    return x, np.array([[float(row[t]) for t in targets] for row in rows])


def vip(pls):
    explained = (pls.x_scores_**2).sum(axis=0) * (pls.y_loadings_**2).sum(axis=0)
    return np.sqrt(len(pls.x_weights_) * (pls.x_weights_**2 @ explained) / explained.sum())


cases = []
for dataset, targets in [("SL.125", ["pH", "clay", "SOM"]), ("SSP.460", ["pH", "clay", "SOC"])]:
    x, y = load(dataset, targets)
    case = {"dataset": dataset, "targets": targets, "pls": [], "ridge": []}
    for scale in [True, False]:
        for components in [1, 5, 20]:
            for width in [1, 3]:
                pls = PLSRegression(components, scale=scale, tol=1e-30, max_iter=100_000).fit(x.copy(), y[:, :width].copy())
                case["pls"].append(
                    {
                        "scale": scale,
                        "components": components,
                        "targets": width,
                        "coefficients": pls.coef_.T.tolist(),
                        "intercept": (pls.intercept_ - pls.coef_ @ pls._x_mean).tolist(),
                        **({"vip": vip(pls).tolist()} if width == 1 and components > 1 else {}),
                    }
                )
    alphas = np.logspace(-2, 5, 15)
    for scale in [True, False]:
        scaler = StandardScaler(with_mean=True, with_std=scale).fit(x)
        ridge = RidgeCV(alphas, alpha_per_target=True, store_cv_results=True).fit(scaler.transform(x), y)
        coefficients = ridge.coef_.T / (scaler.scale_[:, None] if scale else 1)
        case["ridge"].append(
            {
                "scale": scale,
                "lambdas": alphas.tolist(),
                "lambda": ridge.alpha_.tolist(),
                "coefficients": coefficients.tolist(),
                "intercept": (ridge.intercept_ - scaler.mean_ @ coefficients).tolist(),
                "leaveOneOut": ridge.cv_results_.mean(axis=0).T.tolist(),
            }
        )
    cases.append(case)
fixture = {"madeWith": {"scikit-learn": sklearn.__version__, "numpy": np.__version__}, "cases": cases}
path = root / "test/fixtures/estimators-linear.json"
path.write_text(json.dumps(json.loads(json.dumps(fixture), parse_float=lambda text: float(f"{float(text):.13g}")), separators=(",", ":")))
print(path.stat().st_size)
