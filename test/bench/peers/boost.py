"""Trains LightGBM on the arrays in a folder, one booster a target; prints the CPU seconds of data set and training.

pip install -r test/bench/peers/requirements.txt
python test/bench/peers/boost.py FOLDER TREES TARGETS
FOLDER holds x.npy [n, features] float32 and y.npy [n, targets]; the first TARGETS are fitted with the settings of test/bench/spectra/boost.bench.ts,
one thread.
"""
import json
import sys
import time
from pathlib import Path

import lightgbm
import numpy as np

folder, trees, targets = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
x = np.load(folder / "x.npy")
y = np.load(folder / "y.npy")
before = time.process_time()
for t in range(targets):
    lightgbm.LGBMRegressor(
        n_estimators=trees, learning_rate=0.1, num_leaves=15, min_child_samples=5, colsample_bytree=1 / 3, subsample=0.8,
        subsample_freq=1, reg_lambda=1, max_bin=127, random_state=1, n_jobs=1, verbose=-1,
    ).fit(x, y[:, t])
print(json.dumps({"seconds": time.process_time() - before}))
