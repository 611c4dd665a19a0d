"""Reference embeddings of a few shipped scenes: Pillow decodes and resizes, onnxruntime runs the shipped encoder.

pip install onnxruntime==1.32.0 pillow==13.0.0 numpy==2.4.6
python test/oracles/embed_onnxruntime.py
writes test/fixtures/embeddings-onnxruntime.json
"""
import base64
import csv
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import onnxruntime
import PIL
from PIL import Image

root = Path(__file__).resolve().parents[2]
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
encoder = onnxruntime.InferenceSession(str(root / "models" / "encoder" / "efficientnet_lite0.onnx"), options)
archive = zipfile.ZipFile(root / "models" / "eurosat" / "scenes.zip")
with open(root / "models" / "eurosat" / "scenes.csv") as table:
    rows = list(csv.DictReader(table))
chosen = [next(row["file"] for row in rows if row["class"] == name) for name in sorted({row["class"] for row in rows})]

scenes = []
for file in chosen:
    decoded = Image.open(io.BytesIO(archive.read(file))).convert("RGB")
    image = decoded.resize((128, 128), Image.BILINEAR)
    planes = ((np.asarray(image, dtype=np.float32) - 127) / 128).transpose(2, 0, 1)[None]
    embedding = encoder.run(["embedding"], {encoder.get_inputs()[0].name: planes})[0][0]
    rgb = base64.b64encode(np.asarray(decoded).tobytes()).decode()
    scenes.append({"file": file, "width": decoded.width, "height": decoded.height, "rgb": rgb, "embedding": base64.b64encode(embedding.astype("<f4").tobytes()).decode()})
made = {"onnxruntime": onnxruntime.__version__, "pillow": PIL.__version__, "script": "test/oracles/embed_onnxruntime.py"}
path = root / "test" / "fixtures" / "embeddings-onnxruntime.json"
path.write_text(json.dumps({"made": made, "scenes": scenes}) + "\n")
print(path, path.stat().st_size, "bytes")
