"""Reference for the image frame: what Pillow makes of small JPEGs, and its bilinear resize up and down.

pip install pillow==13.0.0 numpy==2.4.6
python test/oracles/features_images.py
writes test/fixtures/features-images.json
"""
import base64
import io
import json
from pathlib import Path

import numpy as np
import PIL
from PIL import Image

root = Path(__file__).resolve().parents[2]
random = np.random.default_rng(3)


def text(data):
    return base64.b64encode(bytes(data)).decode()


def picture(width, height):
    y, x = np.mgrid[0:height, 0:width] / 9
    smooth = np.stack([np.sin(x + y), np.cos(x - y), np.sin(x * 0.5)], axis=-1) * 90 + 128
    return Image.fromarray(np.clip(smooth + random.normal(0, 12, smooth.shape), 0, 255).astype(np.uint8))


jpegs = []
for subsampling in (0, 2):
    buffer = io.BytesIO()
    picture(40, 24).save(buffer, "JPEG", quality=90, subsampling=subsampling)
    decoded = Image.open(io.BytesIO(buffer.getvalue())).convert("RGB")
    jpegs.append(
        {"jpeg": text(buffer.getvalue()), "width": 40, "height": 24, "subsampling": subsampling, "rgb": text(decoded.tobytes())}
    )

resizes = []
source = picture(23, 17)
for width, height in ((128, 128), (46, 34), (10, 17), (7, 5)):
    resized = source.resize((width, height), Image.BILINEAR)
    resizes.append({"width": width, "height": height, "rgb": text(resized.tobytes())})

fixture = {
    "madeWith": {"pillow": PIL.__version__, "numpy": np.__version__},
    "jpegs": jpegs,
    "source": {"width": 23, "height": 17, "rgb": text(source.tobytes())},
    "resizes": resizes,
}
(root / "test/fixtures/features-images.json").write_text(json.dumps(fixture))
