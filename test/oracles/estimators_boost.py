"""Cross-validated challenge score of LightGBM on LimeSoDa, to hold our boosting against.

pip install numpy==2.4.6 scikit-learn==1.9.1 lightgbm==4.7.0
python test/oracles/estimators_boost.py
writes test/fixtures/estimators-boost.json

558 rows that have SOC; targets pH, clay, SOC, one booster each; features arr, d1, d2, d3 as in forest_limesoda.py; published folds; the same
settings as test/forest/boost.test.ts gives ours.
"""
import csv
import json
from pathlib import Path

import lightgbm
import numpy as np

root = Path(__file__).resolve().parents[2]
TARGETS = ["pH", "clay", "SOC"]
OPTIONS = {"trees": 100, "learningRate": 0.1, "leaves": 15, "minLeaf": 5, "mtry": 1 / 3, "bagging": 0.8, "l2": 1}
SEEDS = range(2)
with open(root / "models/soil-spectra/limesoda_150bands.csv") as file:
    rows = [row for row in csv.DictReader(file) if row["SOC"]]
bands = [name for name in rows[0] if name[0].isdigit()]
parts = [np.array([[float(row[b]) for b in bands] for row in rows])]
for _ in range(3):
    parts.append(np.gradient(parts[-1], axis=1))
x = np.hstack(parts).astype(np.float32)
y = np.array([[float(row[t]) for t in TARGETS] for row in rows])
fold = np.array([int(row["fold"]) for row in rows])


def score(held, seed):
    ratios = []
    for t in range(len(TARGETS)):
        model = lightgbm.LGBMRegressor(
            n_estimators=OPTIONS["trees"], learning_rate=OPTIONS["learningRate"], num_leaves=OPTIONS["leaves"],
            min_child_samples=OPTIONS["minLeaf"], colsample_bytree=OPTIONS["mtry"], subsample=OPTIONS["bagging"],
            subsample_freq=1, reg_lambda=OPTIONS["l2"], random_state=seed, n_jobs=1, verbose=-1,
        )
        error = model.fit(x[~held], y[~held, t]).predict(x[held]) - y[held, t]
        ratios.append((error**2).mean() / ((y[~held, t].mean() - y[held, t]) ** 2).mean())
    return float(np.mean(ratios))


scores = [[score(fold == f, seed) for f in sorted(set(fold))] for seed in SEEDS]
fixture = {"madeWith": {"lightgbm": lightgbm.__version__, "numpy": np.__version__}, "options": OPTIONS, "scores": scores}
(root / "test/fixtures/estimators-boost.json").write_text(json.dumps(fixture, separators=(",", ":")))
print(np.mean(scores), np.std(np.mean(scores, axis=1), ddof=1))
