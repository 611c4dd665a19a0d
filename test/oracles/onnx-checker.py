"""Has the reference implementation of ONNX check the models that Nadir writes, and write one for Nadir to read.

pip install onnx==1.23.2 numpy==2.4.6
node tools/pinned.mjs test/oracles/onnx-models.ts /tmp/onnx-models
python test/oracles/onnx-checker.py /tmp/onnx-models
writes test/fixtures/onnx-checked.json: SHA-256 of each model that onnx.checker accepted (full check: shape inference in strict mode, and types),
and a model with its content as the onnx package sees it, base64.
"""
import base64
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

root = Path(__file__).resolve().parents[2]

accepted = {}
for path in sorted(Path(sys.argv[1]).glob("*.onnx")):
    onnx.checker.check_model(onnx.load(path), full_check=True)
    accepted[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()

# onnx packs some lists and not others, and may keep values in typed fields or raw
tensors = [
    numpy_helper.from_array(np.array([[1.5, -2.25]], dtype=np.float32), "raw float"),
    helper.make_tensor("float list", TensorProto.FLOAT, [3], [0.5, 1e-30, -3.0]),
    helper.make_tensor("int64 list", TensorProto.INT64, [2], [-1, 2**63 - 1]),
    helper.make_tensor("double list", TensorProto.DOUBLE, [1], [1 / 3]),
    helper.make_tensor("uint64 list", TensorProto.UINT64, [1], [2**64 - 1]),
    helper.make_tensor("int8 list", TensorProto.INT8, [3], [-128, 0, 127]),
    helper.make_tensor("float16 list", TensorProto.FLOAT16, [2], np.array([1.5, -2], dtype=np.float16)),
]
branch = helper.make_graph(
    [helper.make_node("Identity", ["x"], ["inner"])],
    "branch",
    [],
    [helper.make_tensor_value_info("inner", TensorProto.FLOAT, ["N", 2])],
)
node = helper.make_node(
    "Custom", ["x", ""], ["y"], name="knoten-ü", domain="test",
    i=-7, f=0.125, s="text ü", ints=[0, -1, 2**40, 2**63 - 1], floats=[1.0, 2.5], strings=["a", "b"], g=branch, t=tensors[0],
)
graph = helper.make_graph(
    [node],
    "graph",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 2])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, [4, 2])],
    initializer=tensors,
)
model = helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("test", 1)])
model.metadata_props.add(key="k", value="v")

fixture = {
    "madeWith": {"onnx": onnx.__version__},
    "accepted": accepted,
    "reference": {
        "base64": base64.b64encode(model.SerializeToString()).decode(),
        "tensors": {t.name: [str(v) for v in numpy_helper.to_array(t).ravel().tolist()] for t in tensors},
    },
}
(root / "test/fixtures/onnx-checked.json").write_text(json.dumps(fixture, indent=1))
print(accepted)
