"""Figures of a target by numpy: writes test/fixtures/score-metrics.json. Run: pip install numpy==2.4.6; python test/oracles/score_metrics.py"""
import json
from pathlib import Path

import numpy as np

rng = np.random.default_rng(5)
truth = np.round(rng.gamma(3, 8, 61), 3)
prediction = np.round(0.6 * truth + 9 + rng.normal(0, 5, 61), 3)
error = prediction - truth
rmse = np.sqrt(np.mean(error**2))
slope, intercept = np.polyfit(truth, prediction, 1)
q1, q3 = np.percentile(truth, [25, 75])
figures = {
    "n": 61,
    "min": truth.min(),
    "max": truth.max(),
    "sd": truth.std(ddof=1),
    "iqr": q3 - q1,
    "r2": 1 - np.sum(error**2) / np.sum((truth - truth.mean()) ** 2),
    "rmse": rmse,
    "bias": error.mean(),
    "rpd": truth.std(ddof=1) / rmse,
    "rpiq": (q3 - q1) / rmse,
    "sep": error.std(ddof=1),
    # Lin 1989: 2 s_xy / (s_x² + s_y² + (x̄ − ȳ)²), moments with 1/n
    "ccc": 2 * np.cov(truth, prediction, ddof=0)[0, 1] / (truth.var() + prediction.var() + error.mean() ** 2),
    "slope": slope,
    "intercept": intercept,
    "sdRatio": prediction.std() / truth.std(),
}
path = Path(__file__).parent.parent / "fixtures" / "score-metrics.json"
path.write_text(
    json.dumps(
        {
            "numpy": np.__version__,
            "truth": truth.tolist(),
            "prediction": prediction.tolist(),
            "figures": {name: float(value) for name, value in figures.items()},
        }
    )
    + "\n"
)
