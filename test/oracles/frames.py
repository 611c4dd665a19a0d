"""Tiny TIFF and MATLAB files made with tifffile and scipy, for the frame readers.

Every cube holds value(band, row, column) = (37·band + 11·row + 3·column) mod 251, plus what the case says, so the tests know it by formula.

pip install numpy==2.4.6 tifffile==2026.3.3 imagecodecs==2026.3.6 scipy==1.17.1
python test/oracles/frames.py
writes test/fixtures/frames/tiff.json and test/fixtures/frames/mat.json
"""
import base64
import io
import json
import struct
from pathlib import Path

import imagecodecs
import numpy as np
import scipy
import scipy.io
import tifffile

out = Path(__file__).resolve().parents[1] / "fixtures/frames"
BANDS, HEIGHT, WIDTH = 3, 19, 23
b, r, c = np.meshgrid(np.arange(BANDS), np.arange(HEIGHT), np.arange(WIDTH), indexing="ij")
CUBE = (37 * b + 11 * r + 3 * c) % 251


def tiff(name, dtype, factor=1, offset=0, planar=None, pages=False, order="<", extra=None, **options):
    """One case: values are formula × factor + offset."""
    cube = (CUBE * factor + offset).astype(dtype)
    file = io.BytesIO()
    with tifffile.TiffWriter(file, byteorder=order, bigtiff=options.pop("bigtiff", False)) as writer:
        options = {"photometric": "minisblack", "metadata": None, "extratags": extra or [], **options}
        if pages:
            for band in cube:
                writer.write(band, **options)
        elif planar == "separate":
            writer.write(cube, planarconfig="separate", **options)
        else:
            writer.write(np.ascontiguousarray(np.moveaxis(cube, 0, -1)), planarconfig="contig", **options)
        if name == "overview":
            writer.write(np.ascontiguousarray(np.moveaxis(cube[:, ::2, ::2], 0, -1)), planarconfig="contig", subfiletype=1, **options)
    content = file.getvalue()
    file.seek(0)
    read = tifffile.imread(file, key=0 if not pages else None, is_shaped=False)
    assert np.array_equal(read if pages or planar == "separate" else np.moveaxis(read, -1, 0), cube), name
    return {"name": name, "type": np.dtype(dtype).name, "factor": factor, "offset": offset, "base64": base64.b64encode(content).decode()}


GDAL = (
    '<GDALMetadata>' + "".join(
        f'<Item name="wavelength" sample="{i}">{nm}</Item>' for i, nm in enumerate((0.45, 0.55, 0.65)))
    + '<Item name="wavelength_units">Micrometers</Item></GDALMetadata>'
)
cases = [
    tiff("one strip", "uint8"),
    tiff("strips of 4 rows", "uint16", factor=257, rowsperstrip=4),
    tiff("big-endian", "uint16", factor=257, order=">", rowsperstrip=5),
    tiff("signed", "int16", factor=100, offset=-9000),
    tiff("signed bytes", "int8", offset=-125, factor=0.5),
    tiff("32 bits", "uint32", factor=16_000_000),
    tiff("signed 32 bits big-endian", "int32", factor=8_000_000, offset=-10**9, order=">"),
    tiff("float", "float32", factor=1 / 251),
    tiff("float big-endian", "float32", factor=1 / 251, order=">"),
    tiff("double", "float64", factor=1 / 251),
    tiff("half", "float16", factor=1 / 256),
    tiff("64 bits", "int64", factor=2**40),
    tiff("planes", "uint16", factor=7, planar="separate", rowsperstrip=6),
    tiff("tiles", "uint16", factor=7, tile=(16, 16)),
    tiff("tiles in planes", "float32", factor=0.25, planar="separate", tile=(16, 16)),
    tiff("deflate", "uint16", factor=7, compression="adobe_deflate", rowsperstrip=4),
    tiff("old deflate number", "uint16", factor=7, compression="deflate", tile=(16, 16)),
    tiff("lzw", "uint16", factor=7, compression="lzw"),
    tiff("lzw of a long strip", "float64", factor=1 / 251, compression="lzw"),
    tiff("packbits", "uint8", compression="packbits", planar="separate"),
    tiff("predictor", "uint8", compression="lzw", predictor=2),
    tiff("predictor 16", "uint16", factor=257, compression="adobe_deflate", predictor=2),
    tiff("predictor 16 big-endian", "int16", factor=100, offset=-9000, order=">", compression="adobe_deflate", predictor=2),
    tiff("predictor 32 in tiles", "uint32", factor=16_000_000, compression="adobe_deflate", predictor=2, tile=(16, 16)),
    tiff("predictor 64", "int64", factor=2**40, compression="adobe_deflate", predictor=2),
    tiff("predictor of floats", "float32", factor=1 / 251, compression="adobe_deflate", predictor=3),
    tiff("predictor of doubles big-endian", "float64", factor=1 / 251, order=">", compression="lzw", predictor=3),
    tiff("BigTIFF", "uint16", factor=7, bigtiff=True, rowsperstrip=4),
    tiff("BigTIFF big-endian", "float32", factor=1 / 251, order=">", bigtiff=True, tile=(16, 16), compression="adobe_deflate"),
    tiff("a page a band", "int16", factor=9, pages=True),
    tiff("overview", "uint16", factor=7),
    tiff("no-data and wavelengths", "float32", factor=1, extra=[(42113, "s", 0, "-9999", True), (42112, "s", 0, GDAL, True)]),
]
(out / "tiff.json").write_text(json.dumps(
    {"tifffile": tifffile.__version__, "imagecodecs": imagecodecs.__version__, "bands": BANDS, "height": HEIGHT, "width": WIDTH, "cases": cases},
    indent=1) + "\n")

# MATLAB keeps cubes as [rows, columns, bands]
HWB = np.moveaxis(CUBE, 0, -1)
GT = (CUBE[0] % 4)
NM = np.array([450.0, 550.0, 650.0])


def mat(name, arrays, compress):
    file = io.BytesIO()
    scipy.io.savemat(file, arrays, do_compression=compress)
    return {"name": name, "base64": base64.b64encode(file.getvalue()).decode()}


def element(order, kind, data):
    return struct.pack(order + "II", kind, len(data)) + data + b"\0" * (-len(data) % 8)


def matrix(order, name, array, mx_class, mi_type, storage):
    """One array as MATLAB writes it: class double may be stored in a smaller integer type."""
    body = element(order, 6, struct.pack(order + "II", mx_class, 0))
    body += element(order, 5, struct.pack(order + f"{array.ndim}i", *array.shape))
    body += element(order, 1, name.encode())
    body += element(order, mi_type, array.flatten(order="F").astype(storage).tobytes())
    return element(order, 14, body)


def by_hand(name, order, matrices):
    head = b"MATLAB 5.0 MAT-file, written by hand".ljust(124) + struct.pack(order + "H", 0x0100) + (b"IM" if order == "<" else b"MI")
    content = head + b"".join(matrices)
    read = scipy.io.loadmat(io.BytesIO(content))
    assert np.array_equal(read["cube"], HWB) and np.array_equal(read["wavelengths"].ravel(), NM), name
    return {"name": name, "base64": base64.b64encode(content).decode()}


mats = [
    *(mat(f"{kind} {'compressed' if compress else 'plain'}", {"cube": HWB.astype(kind), "wavelengths": NM, "gt": GT.astype("uint8")}, compress)
      for kind in ("float64", "float32", "uint16", "int16", "uint8") for compress in (True, False)),
    mat("bands first", {"cube": CUBE.astype("uint16"), "wavelengths": NM[:, None], "gt": GT.astype("float64")}, True),
    mat("among others", {"note": "text", "cells": np.array([1, "a"], dtype=object), "s": {"a": 1.0}, "cube": HWB.astype("uint16"), "wl": NM,
                         "dem": GT / 3, "gt": GT.astype("uint8")}, True),
    by_hand("big-endian", ">", [matrix(">", "cube", HWB, 11, 4, ">u2"), matrix(">", "wavelengths", NM[:, None], 6, 9, ">f8"),
                                matrix(">", "gt", GT, 9, 2, "u1")]),
    by_hand("double stored as bytes", "<", [matrix("<", "cube", HWB, 6, 2, "u1"), matrix("<", "wavelengths", NM[:, None], 6, 4, "<u2"),
                                            matrix("<", "gt", GT, 6, 2, "u1")]),
]
others = {
    "complex": mat("complex", {"cube": HWB * (1 + 1j), "wavelengths": NM}, True),
    "two cubes": mat("two cubes", {"a": HWB.astype("uint8"), "b": HWB.astype("uint16"), "wavelengths": NM}, False),
    "no cube": mat("no cube", {"gt": GT.astype("uint8"), "wavelengths": NM}, False),
    "labels": mat("labels", {"indian_pines_gt": GT.astype("uint8")}, True),
}
(out / "mat.json").write_text(json.dumps({"scipy": scipy.__version__, "cases": mats, "others": others}, indent=1) + "\n")
