"""Forests as other programs' converters write them to ONNX, with what onnxruntime makes of them.

pip install numpy==2.4.6 scikit-learn==1.9.1 lightgbm==4.7.0 xgboost-cpu==3.2.0 onnx==1.23.2 onnxruntime==1.32.0 skl2onnx==1.20.0 onnxmltools==1.16.0
python test/oracles/onnx_converters.py
writes test/fixtures/onnx-converters.json

Not here: XGBoost of several targets, of which onnxmltools 1.16.0 gives every tree to the first.
"""
import base64
import json
from importlib.metadata import version
from pathlib import Path

import lightgbm
import numpy as np
import onnx
import onnxruntime
import xgboost
from onnx import TensorProto, helper, numpy_helper
from onnxmltools import convert_lightgbm, convert_xgboost
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor, RandomForestRegressor
from sklearn.multioutput import MultiOutputRegressor

root = Path(__file__).resolve().parents[2]
rng = np.random.default_rng(0)
x = rng.normal(size=(200, 6)).astype(np.float32)
y = np.c_[x[:, 0] * x[:, 1] + x[:, 2], 10 + x[:, 3] + x[:, 4] ** 2]
initial = [("X", FloatTensorType([None, 6]))]
forest = dict(n_estimators=3, max_depth=4, random_state=0)
boosted = dict(n_estimators=4, num_leaves=5, verbose=-1, random_state=0)
bagged = dict(boosting_type="rf", bagging_freq=1, bagging_fraction=0.5)
extreme = dict(n_estimators=3, max_depth=3, random_state=0)


def with_doubles(model):
    """Float64 attributes as tensors, as ai.onnx.ml 3 has them for models of float64 inputs."""
    attributes = {a.name: helper.get_attribute_value(a) for a in model.graph.node[0].attribute}
    for name in ("nodes_values", "target_weights"):
        exact = np.array(attributes.pop(name), dtype=np.float64) + 1e-9
        attributes[f"{name}_as_tensor"] = numpy_helper.from_array(exact, name)
    attributes.pop("nodes_hitrates")
    node = helper.make_node("TreeEnsembleRegressor", ["X"], ["variable"], domain="ai.onnx.ml", **attributes)
    graph = helper.make_graph(
        [node], "doubles",
        [helper.make_tensor_value_info("X", TensorProto.DOUBLE, [None, 6])],
        [helper.make_tensor_value_info("variable", TensorProto.FLOAT, [None, 2])],
    )
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("ai.onnx.ml", 3), helper.make_opsetid("", 17)])


many = RandomForestRegressor(**forest).fit(x, y)
models = {
    "scikit-learn random forest": to_onnx(many, x),
    "scikit-learn extra trees": to_onnx(ExtraTreesRegressor(**forest).fit(x, y), x),
    "scikit-learn gradient boosting": to_onnx(GradientBoostingRegressor(n_estimators=4, max_depth=2).fit(x, y[:, 0]), x),
    "scikit-learn forests by target": to_onnx(MultiOutputRegressor(RandomForestRegressor(**forest)).fit(x, y), x),
    "float64 attributes": with_doubles(to_onnx(many, x)),
    "LightGBM": convert_lightgbm(lightgbm.LGBMRegressor(**boosted).fit(x, y[:, 1]), initial_types=initial),
    "LightGBM random forest": convert_lightgbm(lightgbm.LGBMRegressor(**boosted, **bagged).fit(x, y[:, 1]), initial_types=initial),
    "XGBoost": convert_xgboost(xgboost.XGBRegressor(**extreme).fit(x, y[:, 1]), initial_types=initial),
    "XGBoost random forest": convert_xgboost(xgboost.XGBRFRegressor(**extreme).fit(x, y[:, 0]), initial_types=initial),
}
rows = x[:40].copy()
result = []
for name, model in models.items():
    session = onnxruntime.InferenceSession(model.SerializeToString())
    wide = session.get_inputs()[0].type == "tensor(double)"
    estimate = session.run(None, {"X": rows.astype(np.float64) if wide else rows})[0]
    result.append({
        "name": name,
        "onnx": base64.b64encode(model.SerializeToString()).decode(),
        "estimate": np.asarray(estimate, dtype=np.float64).ravel().tolist(),
    })
packages = ["numpy", "scikit-learn", "lightgbm", "xgboost-cpu", "onnx", "onnxruntime", "skl2onnx", "onnxmltools"]
document = {
    "madeWith": {package: version(package) for package in packages},
    "x": rows.astype(np.float64).ravel().tolist(),
    "training": x.astype(np.float64).ravel().tolist(),
    "models": result,
}
(root / "test/fixtures/onnx-converters.json").write_text(json.dumps(document))
