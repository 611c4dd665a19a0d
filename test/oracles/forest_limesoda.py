"""Cross-validated challenge scores of scikit-learn's random forest and extra trees on LimeSoDa, to hold ours against.

pip install numpy==2.4.6 scikit-learn==1.9.1
python test/oracles/forest_limesoda.py
writes test/fixtures/forest-limesoda.json

558 rows that have SOC; targets pH, clay, SOC divided by their SD over the training rows; features arr, d1, d2, d3 = numpy.gradient applied
0 to 3 times along the bands, float32; folds = the published `fold` column. Score of a fold = mean over targets of MSE(model)/MSE(training mean).
"""
import csv
import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

root = Path(__file__).resolve().parents[2]
TARGETS = ["pH", "clay", "SOC"]
FORESTS = {"forest": RandomForestRegressor, "extra": ExtraTreesRegressor}
SETTINGS = [
    {"kind": "forest", "trees": 50, "minLeaf": 1},
    {"kind": "forest", "trees": 100, "minLeaf": 1},
    {"kind": "forest", "trees": 100, "minLeaf": 5},
    {"kind": "extra", "trees": 50, "minLeaf": 1},
]
SEEDS = range(10)

with open(root / "models/soil-spectra/limesoda_150bands.csv") as file:
    rows = [row for row in csv.DictReader(file) if row["SOC"]]
bands = [name for name in rows[0] if name[0].isdigit()]
parts = [np.array([[float(row[b]) for b in bands] for row in rows])]
for _ in range(3):
    parts.append(np.gradient(parts[-1], axis=1))
x = np.hstack(parts).astype(np.float32)
y = np.array([[float(row[t]) for t in TARGETS] for row in rows])
fold = np.array([int(row["fold"]) for row in rows])
folds = sorted(set(fold))


def score(held, kind, trees, min_leaf, seed):
    sd = y[~held].std(axis=0)
    forest = FORESTS[kind](
        n_estimators=trees, min_samples_leaf=min_leaf, max_features=1 / 3, random_state=seed, n_jobs=1
    )
    estimate = forest.fit(x[~held], y[~held] / sd).predict(x[held]) * sd
    mean = y[~held].mean(axis=0)
    return float((((estimate - y[held]) ** 2).mean(axis=0) / ((mean - y[held]) ** 2).mean(axis=0)).mean())


fixture = {
    "madeWith": {"scikit-learn": sklearn.__version__, "numpy": np.__version__},
    "targets": TARGETS,
    "folds": [int(f) for f in folds],
    "maxFeatures": x.shape[1] // 3,
    "settings": [
        {**s, "scores": [[score(fold == f, s["kind"], s["trees"], s["minLeaf"], seed) for f in folds] for seed in SEEDS]}
        for s in SETTINGS
    ],
}
(root / "test/fixtures/forest-limesoda.json").write_text(json.dumps(fixture))
for s in fixture["settings"]:
    means = [np.mean(seed) for seed in s["scores"]]
    print(s["kind"], s["trees"], s["minLeaf"], np.mean(means), np.std(means, ddof=1))
