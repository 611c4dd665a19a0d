"""A scikit-learn forest on the mean spectra of the tropical set and their first derivative, as skl2onnx writes it, with shap's values.

Writes test/fixtures/import-forest.json. Run from the repository's root:
    pip install numpy==2.4.6 pandas==3.1.1 scikit-learn==1.9.1 skl2onnx==1.20.0 shap==0.51.0
    python test/oracles/import_forest.py
"""
import base64
import json

import numpy as np
import pandas as pd
import shap
import skl2onnx
import sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import RandomForestRegressor

TARGETS = ["exK", "pH"]
ROWS = 10

table = pd.read_csv("models/soil-spectra/tropical_150bands.csv")
bands = [name for name in table.columns if name.replace(".", "", 1).isdigit()]
known = table[TARGETS].notna().all(axis=1)
spectra = table.loc[known, bands].to_numpy(np.float32)
truth = table.loc[known, TARGETS].to_numpy(np.float64)
# arr, d1: numpy.gradient in float64 of float32 spectra
x = np.hstack([spectra, np.gradient(spectra.astype(np.float64), axis=1)]).astype(np.float32)
# every tree sees every row, so that covers can be counted again
forest = RandomForestRegressor(n_estimators=6, min_samples_leaf=4, max_features=1 / 3, bootstrap=False, random_state=0)
forest.fit(x, truth)
onnx = skl2onnx.convert_sklearn(
    forest, initial_types=[("X", FloatTensorType([None, x.shape[1]]))], target_opset={"": 17, "ai.onnx.ml": 3}
).SerializeToString()
values = shap.TreeExplainer(forest).shap_values(x[:ROWS].astype(np.float64))  # [rows, features, targets]
strongest = np.argsort(-np.abs(values).mean(axis=(0, 2)))[:12]
with open("test/fixtures/import-forest.json", "w") as file:
    json.dump(
        {
            "madeWith": {"scikit-learn": sklearn.__version__, "skl2onnx": skl2onnx.__version__, "shap": shap.__version__},
            "targets": TARGETS,
            "onnx": base64.b64encode(onnx).decode(),
            "prediction": forest.predict(x[:ROWS]).ravel().tolist(),
            "columns": strongest.tolist(),
            "shap": values[:, strongest, :].ravel().tolist(),
        },
        file,
    )
    file.write("\n")
