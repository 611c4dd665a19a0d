"""Trains scikit-learn's forests on the arrays in a folder; prints the CPU seconds of fit and what the forest is like.

pip install -r test/bench/peers/requirements.txt
python test/bench/peers/forest_training.py FOLDER rf|extra TREES
FOLDER holds x.npy [n, features] float32 and y.npy [n, targets]; a third of the features a split, leaf 1, targets over their SD, one thread.
"""
import json
import sys
import time
from pathlib import Path

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

folder, kind, trees = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
x = np.load(folder / "x.npy")
y = np.load(folder / "y.npy")
y = y / y.std(axis=0)
Forest = {"rf": RandomForestRegressor, "extra": ExtraTreesRegressor}[kind]
forest = Forest(n_estimators=trees, max_features=1 / 3, min_samples_leaf=1, random_state=1, n_jobs=1)
before = time.process_time()
forest.fit(x, y)
seconds = time.process_time() - before
nodes = sum(tree.tree_.node_count for tree in forest.estimators_)
depth = max(tree.tree_.max_depth for tree in forest.estimators_)
print(json.dumps({"seconds": seconds, "nodes": nodes, "depth": depth}))
