"""The same few embeddings in every form that a shard may have, written by NumPy and PyArrow.

pip install numpy==2.4.6 pyarrow==26.0.1
python test/oracles/embedding_shards.py
writes test/fixtures/embedding-shards.json

Values are small multiples of 1/64, which float16 holds exactly, so that all forms must read alike.
"""
import base64
import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS, D = 53, 6
root = Path(__file__).resolve().parents[2]
x = (np.random.default_rng(3).integers(-400, 400, (ROWS, D)) / 64).astype(np.float32)


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npz(save, **arrays):
    file = io.BytesIO()
    save(file, **arrays)
    return file.getvalue()


def parquet(columns, **options):
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, **options)
    return file.getvalue()


def fixed(array, kind):
    return pa.FixedSizeListArray.from_arrays(pa.array(array.ravel(), kind), D)


lists = pa.array(x.tolist(), pa.list_(pa.float32()))
names = pa.array([f"scene {i}.jpg" for i in range(ROWS)])
other = pa.array([[float(i)] * 2 for i in range(ROWS)], pa.list_(pa.float64()))
forms = {
    "float32.npy": npy(x),
    "float16.npy": npy(x.astype(np.float16)),
    "float64.npy": npy(x.astype(np.float64)),
    "big-endian.npy": npy(x.astype(">f4")),
    "big-endian-float16.npy": npy(x.astype(">f2")),
    "named.npz": npz(np.savez, labels=np.arange(ROWS), other=x[:, :2], embeddings=x),
    "only.npz": npz(np.savez, labels=np.arange(ROWS), features=x.astype(np.float16)),
    "compressed.npz": npz(np.savez_compressed, embeddings=x),
    "lists.parquet": parquet({"file": names, "vector": lists}, row_group_size=10),
    "fixed.parquet": parquet({"e": fixed(x, pa.float32())}, row_group_size=16, compression="zstd"),
    "halves.parquet": parquet({"e": fixed(x.astype(np.float16), pa.float16())}, row_group_size=7),
    "doubles.parquet": parquet({"embedding": fixed(x.astype(np.float64), pa.float64()), "other": other}),
    "columns.parquet": parquet(
        {"row": pa.array(range(ROWS)), "file": names, **{f"e{j}": pa.array(x[:, j]) for j in range(D)}}, row_group_size=20
    ),
    "plain.parquet": parquet({"e": lists}, row_group_size=11, use_dictionary=False, compression="none", data_page_version="2.0"),
}
wrong = {
    "null-row.parquet": parquet({"e": pa.array([*x[:4].tolist(), None, *x[5:9].tolist()], pa.list_(pa.float32()))}),
    "null-value.parquet": parquet({"e": pa.array([*x[:2].tolist(), [1, 2, None, 4, 5, 6]], pa.list_(pa.float32()))}),
    "short-row.parquet": parquet({"e": pa.array([*x[:5].tolist(), [1.0, 2.0]], pa.list_(pa.float32()))}),
    "strings.parquet": parquet({"file": names}),
    "two-lists.parquet": parquet({"a": lists, "b": lists}),
    "empty.parquet": parquet({"e": pa.array([], pa.list_(pa.float32()))}),
    "nan.parquet": parquet({"e": pa.array([*x[:3].tolist(), [1, 2, 3, float("nan"), 5, 6]], pa.list_(pa.float32()))}),
    "infinite-half.parquet": parquet({"e": fixed(np.where(np.arange(24) == 16, -np.inf, x[:4].ravel()).astype(np.float16), pa.float16())}),
}
encode = lambda files: {name: base64.b64encode(data).decode() for name, data in files.items()}
fixture = {
    "numpy": np.__version__,
    "pyarrow": pa.__version__,
    "rows": ROWS,
    "d": D,
    "values": x.ravel().tolist(),
    "forms": encode(forms),
    "wrong": encode(wrong),
}
path = root / "test" / "fixtures" / "embedding-shards.json"
path.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
print(path, path.stat().st_size)
