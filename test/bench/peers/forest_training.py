"""Trains scikit-learn's forests on the arrays in a folder; prints the CPU seconds of fit and what the forest is like.

pip install -r test/bench/peers/requirements.txt
python test/bench/peers/forest_training.py FOLDER rf|extra TREES [SEEDS]
FOLDER holds x.npy [n, features] float32 and y.npy [n, targets]; a third of the features a split, leaf 1, targets over their SD, one thread.
With SEEDS, trains in the folds of fold.npy [n] instead, once a seed, and prints the mean over seeds and folds of the challenge score: the mean
over the targets of MSE(forest)/MSE(training mean).
"""
import json
import sys
import time
from pathlib import Path

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor

folder, kind, trees = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
seeds = int(sys.argv[4]) if len(sys.argv) > 4 else 0
x = np.load(folder / "x.npy")
y = np.load(folder / "y.npy")
Forest = {"rf": RandomForestRegressor, "extra": ExtraTreesRegressor}[kind]
spent = 0.0


def fit(rows, seed):
    global spent
    forest = Forest(n_estimators=trees, max_features=1 / 3, min_samples_leaf=1, random_state=seed, n_jobs=1)
    inputs, outputs = x[rows], y[rows] / y[rows].std(axis=0)
    before = time.process_time()
    forest.fit(inputs, outputs)
    spent += time.process_time() - before
    return forest


def score(held, seed):
    estimate = fit(~held, seed).predict(x[held]) * y[~held].std(axis=0)
    mean = y[~held].mean(axis=0)
    return float((((estimate - y[held]) ** 2).mean(axis=0) / ((mean - y[held]) ** 2).mean(axis=0)).mean())


if seeds:
    fold = np.load(folder / "fold.npy")
    scores = [np.mean([score(fold == f, seed) for f in np.unique(fold)]) for seed in range(1, seeds + 1)]
    error = np.std(scores, ddof=1) / np.sqrt(seeds)
    print(json.dumps({"seconds": spent, "score": float(np.mean(scores)), "standardError": float(error)}))
else:
    forest = fit(np.arange(len(x)), 1)
    nodes = sum(tree.tree_.node_count for tree in forest.estimators_)
    depth = max(tree.tree_.max_depth for tree in forest.estimators_)
    print(json.dumps({"seconds": spent, "nodes": nodes, "depth": depth}))
