"""scikit-learn's logistic regression on its wine data, three classes, balanced and not, and the first two classes alone, for
test/sae/measures/linear-probe.test.ts.

    pip install numpy==2.4.6 scikit-learn==1.9.1
    python test/oracles/linear_probe.py > test/fixtures/linear-probe.json
"""
import json
import sys

import numpy
import sklearn
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression

data, labels = load_wine(return_X_y=True)
rows = ((data - data.mean(0)) / data.std(0)).round(4).astype(numpy.float32)
cases = []
for classes, c, balanced in ((3, 1.0, False), (3, 0.1, True), (2, 1.0, False), (2, 0.05, True)):
    kept = labels < classes
    fitted = LogisticRegression(C=c, class_weight="balanced" if balanced else None, tol=1e-10, max_iter=1000, solver="newton-cholesky")
    fitted.fit(rows[kept].astype(numpy.float64), labels[kept])
    cases.append(
        {
            "classes": classes,
            "c": c,
            "balanced": balanced,
            "weights": fitted.coef_.ravel().tolist(),
            "bias": fitted.intercept_.tolist(),
        }
    )
json.dump(
    {
        "scikitLearn": sklearn.__version__,
        "d": rows.shape[1],
        "rows": [round(float(value), 4) for value in rows.ravel()],
        "labels": labels.tolist(),
        "cases": cases,
    },
    sys.stdout,
    separators=(",", ":"),
)
