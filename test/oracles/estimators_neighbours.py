"""Estimates of scikit-learn's KNeighborsRegressor on RobustScaler's features, LimeSoDa, to hold ours against.

pip install numpy==2.4.6 scikit-learn==1.9.1
python test/oracles/estimators_neighbours.py
writes test/fixtures/estimators-neighbours.json

SL.125, raw reflectance (float32 taken in float64); fitted to published folds 1 to 8, asked for folds 9 and 10 and for the first five rows that it
knows; a ball tree, for brute force takes distances from a product of matrices and loses half of the digits.
"""
import csv
import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import RobustScaler

root = Path(__file__).resolve().parents[2]
TARGETS = ["pH", "clay", "SOM"]
with open(root / "models/soil-spectra/limesoda_150bands.csv") as file:
    rows = [row for row in csv.DictReader(file) if row["dataset"] == "SL.125"]
bands = [name for name in rows[0] if name[0].isdigit()]
x = np.array([[float(row[b]) for b in bands] for row in rows], dtype=np.float32).astype(np.float64)
y = np.array([[float(row[t]) for t in TARGETS] for row in rows])
known = np.array([int(row["fold"]) <= 8 for row in rows])
asked = np.vstack([x[~known], x[known][:5]])
cases = []
for k in [1, 7, 90]:
    model = make_pipeline(RobustScaler(), KNeighborsRegressor(k, weights="distance", algorithm="ball_tree"))
    cases.append({"neighbours": k, "estimate": model.fit(x[known], y[known]).predict(asked).tolist()})
fixture = {"madeWith": {"scikit-learn": sklearn.__version__, "numpy": np.__version__}, "targets": TARGETS, "cases": cases}
path = root / "test/fixtures/estimators-neighbours.json"
path.write_text(json.dumps(fixture, separators=(",", ":")))
print(path.stat().st_size)
