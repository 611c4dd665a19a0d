"""SHAP, interaction and interventional values by Python's shap on forests that Nadir trained and on scikit-learn's, with the trees themselves.

pip install numpy==2.4.6 scikit-learn==1.9.1 shap==0.51.0
node tools/pinned.mjs test/oracles/shap-own-forests.ts own-forests.json
python test/oracles/shap_exact.py own-forests.json
writes test/fixtures/shap-exact.json

Interventional values come twice: of shap's TreeExplainer, whose weights are float32, and of its ExactExplainer, over all coalitions in float64.
scikit-learn keeps thresholds in float64 and compares float32 features with them; the largest float32 not above the threshold decides alike.
"""
import json
import sys
from pathlib import Path

import numpy as np
import shap
import sklearn
from sklearn.ensemble import RandomForestRegressor

root = Path(__file__).resolve().parents[2]
own = json.loads(Path(sys.argv[1]).read_text())
x = np.array(own["x"], dtype=np.float32).reshape(-1, own["features"])
rows, behind = x[[3, 111, 404]], x[20:32]


def at_most(threshold):
    single = threshold.astype(np.float32)
    above = single.astype(np.float64) > threshold
    single[above] = np.nextafter(single[above], np.float32(-np.inf))
    return single


def from_sklearn(name, forest, targets):
    parts = {key: [] for key in ("roots", "feature", "threshold", "left", "right", "value", "cover")}
    start = 0
    for tree in (estimator.tree_ for estimator in forest.estimators_):
        leaf = tree.children_left < 0
        parts["roots"].append(start)
        parts["feature"] += np.where(leaf, -1, tree.feature).tolist()
        parts["threshold"] += np.where(leaf, 0, at_most(tree.threshold)).astype(np.float64).tolist()
        parts["left"] += np.where(leaf, -1, tree.children_left + start).tolist()
        parts["right"] += np.where(leaf, -1, tree.children_right + start).tolist()
        parts["value"] += tree.value[:, :, 0].ravel().tolist()
        parts["cover"] += tree.weighted_n_node_samples.tolist()
        start += tree.node_count
    return {"name": name, "targets": targets, "features": x.shape[1], **parts}


def as_shap(forest):
    """The trees as shap takes them from any program."""
    arrays = {key: np.array(value) for key, value in forest.items() if isinstance(value, list)}
    values = arrays["value"].reshape(-1, forest["targets"]) / len(forest["roots"])
    ends = [*forest["roots"][1:], len(arrays["feature"])]
    trees = []
    for a, b in zip(forest["roots"], ends):
        leaf = arrays["feature"][a:b] < 0
        right = np.where(leaf, -1, arrays["right"][a:b] - a)
        trees.append({
            "children_left": np.where(leaf, -1, arrays["left"][a:b] - a),
            "children_right": right,
            "children_default": right.copy(),
            "features": arrays["feature"][a:b],
            "thresholds": arrays["threshold"][a:b].astype(np.float64),
            "values": values[a:b],
            "node_sample_weight": arrays["cover"][a:b].astype(np.float64),
        })
    return {"trees": trees}


def depth(forest):
    deepest, waiting = 0, [(node, 0) for node in forest["roots"]]
    while waiting:
        node, level = waiting.pop()
        deepest = max(deepest, level)
        if forest["feature"][node] >= 0:
            waiting += [(forest["left"][node], level + 1), (forest["right"][node], level + 1)]
    return deepest


def estimates(forest, table):
    feature, threshold, left, right = (np.array(forest[key]) for key in ("feature", "threshold", "left", "right"))
    values = np.array(forest["value"]).reshape(-1, forest["targets"])
    total = np.zeros((len(table), forest["targets"]))
    for start in forest["roots"]:
        node = np.full(len(table), start)
        while (inner := np.flatnonzero(feature[node] >= 0)).size:
            at = node[inner]
            goes_left = table[inner, feature[at]] <= threshold[at].astype(np.float32)
            node[inner] = np.where(goes_left, left[at], right[at])
        total += values[node]
    return total / len(forest["roots"])


def over_coalitions(forest):
    """Shapley values by shap's ExactExplainer, [rows, features, targets]: absent features come from each background row."""
    masker = shap.maskers.Independent(behind, max_samples=len(behind))
    return shap.ExactExplainer(lambda table: estimates(forest, table), masker)(rows, max_evals=2 ** x.shape[1]).values


def flat(values, *shape):
    return np.asarray(values).reshape(*shape).ravel().tolist()


def compact(forest):
    """Values of leaves only."""
    values = np.array(forest["value"]).reshape(-1, forest["targets"])
    leaf = np.array(forest["feature"]) < 0
    return {**{k: v for k, v in forest.items() if k != "value"}, "leafValue": values[leaf].ravel().tolist()}


def fixture(forest, interactions):
    model = as_shap(forest)
    n, features, targets = len(rows), forest["features"], forest["targets"]
    explainer = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
    wide = rows.astype(np.float64)
    result = {**compact(forest), "depth": depth(forest), "shap": flat(explainer.shap_values(wide, check_additivity=False), n, features, targets)}
    interventional = shap.TreeExplainer(model, behind.astype(np.float64), feature_perturbation="interventional")
    result["interventional"] = flat(interventional.shap_values(wide, check_additivity=False), n, features, targets)
    result["overCoalitions"] = flat(over_coalitions(forest), n, features, targets)
    if interactions:
        # shap gives [n, features, features, targets]; two rows are enough
        values = np.asarray(explainer.shap_interaction_values(wide[:2]))
        if targets == 1 and values.ndim == 3:
            values = values[..., None]
        result["interactions"] = flat(values, 2, features, features, targets)
    return result


first = np.exp(1.5 * x[:, 0]) + x[:, 2] * x[:, 3] + 0.1 * x[:, 5]
second = np.exp(1.5 * x[:, 1]) - x[:, 4]
one = RandomForestRegressor(n_estimators=1, min_samples_leaf=1, max_features=3, random_state=2).fit(x, first)
ten = RandomForestRegressor(n_estimators=6, min_samples_leaf=10, max_features=5, random_state=3).fit(x, np.c_[first, second])
forests = [
    fixture(own["forests"][0], False),
    fixture(own["forests"][1], True),
    fixture(from_sklearn("scikit-learn, leaves of one row", one, 1), True),
    fixture(from_sklearn("scikit-learn, leaves of ten rows", ten, 2), True),
]
document = {
    "madeWith": {"shap": shap.__version__, "scikit-learn": sklearn.__version__, "numpy": np.__version__},
    "x": rows.astype(np.float64).ravel().tolist(),
    "background": behind.astype(np.float64).ravel().tolist(),
    "forests": forests,
}
(root / "test/fixtures/shap-exact.json").write_text(json.dumps(document))
print([(f["name"], f["depth"], len(f["feature"])) for f in forests])
