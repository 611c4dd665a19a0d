"""SHAP values of scikit-learn forests by Python's shap, tree-path-dependent, with the trees themselves.

pip install numpy==2.4.6 scikit-learn==1.9.1 shap==0.51.0
python test/oracles/shap_forest.py
writes test/fixtures/shap-forest.json

Trained on the LimeSoDa rows that have SOC, on 40 of the 600 features arr, d1, d2, d3, so that deep paths test a feature many times.
scikit-learn keeps thresholds in float64 and compares float32 features with them; the largest float32 not above the threshold decides alike.
"""
import csv
import json
from pathlib import Path

import numpy as np
import shap
import sklearn
from sklearn.ensemble import RandomForestRegressor

root = Path(__file__).resolve().parents[2]

with open(root / "models/soil-spectra/limesoda_150bands.csv") as file:
    table = [row for row in csv.DictReader(file) if row["SOC"]]
bands = [name for name in table[0] if name[0].isdigit()]
parts = [np.array([[float(row[b]) for b in bands] for row in table])]
for _ in range(3):
    parts.append(np.gradient(parts[-1], axis=1))
x = np.hstack(parts).astype(np.float32)[:, ::15]


def at_most(threshold):
    single = threshold.astype(np.float32)
    above = single.astype(np.float64) > threshold
    single[above] = np.nextafter(single[above], np.float32(-np.inf))
    return single


def fixture(name, targets, trees, min_leaf, rows):
    y = np.array([[float(row[t]) for t in targets] for row in table])
    forest = RandomForestRegressor(
        n_estimators=trees, min_samples_leaf=min_leaf, max_features=1 / 3, random_state=1, n_jobs=1
    ).fit(x, y if len(targets) > 1 else y[:, 0])
    explainer = shap.TreeExplainer(forest, feature_perturbation="tree_path_dependent")
    values = np.asarray(explainer.shap_values(x[rows])).reshape(len(rows), x.shape[1], len(targets))
    return {
        "name": name,
        "targets": len(targets),
        "features": x.shape[1],
        "depth": max(tree.get_depth() for tree in forest.estimators_),
        "x": x[rows].astype(np.float64).ravel().tolist(),
        "prediction": forest.predict(x[rows]).ravel().tolist(),
        "shap": values.ravel().tolist(),
        "base": np.ravel(explainer.expected_value).tolist(),
        "trees": [
            {
                "feature": np.where(tree.children_left < 0, -1, tree.feature).tolist(),
                "threshold": np.where(tree.children_left < 0, 0, at_most(tree.threshold)).astype(np.float64).tolist(),
                "left": tree.children_left.tolist(),
                "right": tree.children_right.tolist(),
                "cover": tree.weighted_n_node_samples.tolist(),
                "leafValue": tree.value[tree.children_left < 0, :, 0].ravel().tolist(),
            }
            for tree in (estimator.tree_ for estimator in forest.estimators_)
        ],
    }


document = {
    "madeWith": {"shap": shap.__version__, "scikit-learn": sklearn.__version__, "numpy": np.__version__},
    "forests": [
        fixture("three targets, leaves of one row", ["pH", "clay", "SOC"], 4, 1, [0, 100, 200, 300, 400, 500]),
        fixture("one target, leaves of five rows", ["SOC"], 10, 5, [0, 50, 150, 250, 350, 450, 550]),
    ],
}
(root / "test/fixtures/shap-forest.json").write_text(json.dumps(document))
