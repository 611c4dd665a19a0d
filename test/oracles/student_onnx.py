"""Checks a distilled student: the file is valid ONNX by the reference checker, and onnxruntime computes what holdout.npz says.

pip install onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
python test/oracles/student_onnx.py CONCEPT_MODEL_FOLDER
"""
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

folder = Path(sys.argv[1])
onnx.checker.check_model(str(folder / "student.onnx"), full_check=True)
holdout = np.load(folder / "holdout.npz")
session = onnxruntime.InferenceSession(str(folder / "student.onnx"))
latents = session.run(["latents"], {"embedding": holdout["embeddings"]})[0]
worst = np.abs(latents - holdout["latents"]).max()
print(f"onnx {onnx.__version__} accepts it; largest difference over {len(latents)} rows {worst:.2e}")
sys.exit(0 if worst <= 1e-5 else 1)
