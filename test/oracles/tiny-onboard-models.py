# Makes the tiny ONNX models and golden vectors that the tests of the flight runtime fly: test/fixtures/onboard/.
# pip install onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
import json
import os

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

OUT = os.path.join(os.path.dirname(__file__), "..", "fixtures", "onboard")
os.makedirs(OUT, exist_ok=True)
random = np.random.default_rng(4)
BANDS, TARGETS, EMBEDDING, LATENTS = 12, 2, 16, 40


def save(name, nodes, inputs, outputs, constants=(), opsets=(("", 13),)):
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in inputs],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in outputs],
        [numpy_helper.from_array(a, n) for n, a in constants],
    )
    model = helper.make_model(
        graph, ir_version=8, producer_name="onnx " + onnx.__version__,
        opset_imports=[helper.make_opsetid(d, v) for d, v in opsets],
    )
    onnx.checker.check_model(model)
    path = os.path.join(OUT, name + ".onnx")
    onnx.save(model, path)
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


# two stumps: target 0 by feature 0, target 1 by feature 1
forest = save(
    "forest",
    [
        helper.make_node(
            "TreeEnsembleRegressor", ["features"], ["estimate"], domain="ai.onnx.ml", n_targets=TARGETS,
            nodes_treeids=[0, 0, 0, 1, 1, 1], nodes_nodeids=[0, 1, 2, 0, 1, 2],
            nodes_featureids=[0, 0, 0, 1, 0, 0], nodes_values=[0.5, 0.0, 0.0, 0.25, 0.0, 0.0],
            nodes_modes=["BRANCH_LEQ", "LEAF", "LEAF"] * 2,
            nodes_truenodeids=[1, 0, 0, 1, 0, 0], nodes_falsenodeids=[2, 0, 0, 2, 0, 0],
            target_treeids=[0, 0, 1, 1], target_nodeids=[1, 2, 1, 2], target_ids=[0, 0, 1, 1],
            target_weights=[10.0, 20.0, -1.5, 2.5],
        )
    ],
    [("features", ["N", 2])], [("estimate", ["N", TARGETS])], opsets=(("", 13), ("ai.onnx.ml", 3)),
)
# mean over 32 × 32 tiles, then a random projection
encoder = save(
    "encoder",
    [
        helper.make_node("AveragePool", ["input"], ["tiles"], kernel_shape=[32, 32], strides=[32, 32]),
        helper.make_node("Flatten", ["tiles"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["embedding"]),
    ],
    [("input", ["N", 3, 128, 128])], [("embedding", ["N", EMBEDDING])],
    [("w", random.normal(size=(48, EMBEDDING)).astype(np.float32))],
)
student = save(
    "student",
    [helper.make_node("MatMul", ["embedding", "w"], ["a"]), helper.make_node("Relu", ["a"], ["latents"])],
    [("embedding", ["N", EMBEDDING])], [("latents", ["N", LATENTS])],
    [("w", random.normal(size=(EMBEDDING, LATENTS)).astype(np.float32))],
)

spectra = random.uniform(size=(8, BANDS)).astype(np.float32)
features = np.stack([spectra[:, 3], spectra[:, 7] - spectra[:, 2]], axis=1).astype(np.float32)
prediction = forest.run(None, {"features": features})[0].astype(np.float64)
np.savez(os.path.join(OUT, "soil.npz"), spectra=spectra, features=features, prediction=prediction)
embeddings = random.normal(size=(8, EMBEDDING)).astype(np.float32)
np.savez(os.path.join(OUT, "concepts.npz"), embeddings=embeddings, latents=student.run(None, {"embedding": embeddings})[0])

soil = {
    "kind": "soil", "version": "0.1.0", "model": "forest", "targets": ["P", "K"],
    "features": [
        {"name": "arr@3", "group": "arr", "bands": [3], "weights": [1]},
        {"name": "d@2", "group": "d1", "bands": [2, 7], "weights": [-1, 1]},
    ],
    "wavelengthsNm": [462 + 40 * i for i in range(BANDS)],
    "targetMean": {"P": 15, "K": 0.5}, "targetSd": {"P": 5, "K": 2}, "bandsRead": [2, 3, 7],
    "data": {"name": "made up", "sha256": "0" * 64, "rows": 8}, "seed": 4, "options": {}, "figures": {},
    "holdout": "holdout.npz",
}
concepts = {
    "kind": "concepts", "version": "0.1.0",
    "student": {"latents": list(range(100, 100 + LATENTS)), "k": 32, "jaccard16": 1, "cosineLoss": 0, "bytes": 0},
}
for name, value in (("soil", soil), ("concepts", concepts)):
    with open(os.path.join(OUT, name + ".json"), "w") as file:
        json.dump(value, file, indent=2)
with open(os.path.join(OUT, "made-with.json"), "w") as file:
    json.dump({"onnx": onnx.__version__, "onnxruntime": onnxruntime.__version__, "numpy": np.__version__}, file)
