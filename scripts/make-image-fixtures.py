"""Write test/fixtures/data/images/: tiny images, and what transformers' ViTImageProcessor makes of them.

All images are made here, of smooth waves and noise. `pixels.json` holds, for each case, the processor's settings and its
output, [3, H, W], to nine digits.

Usage, from the repository root (needs transformers and pillow):
    python scripts/make-image-fixtures.py
"""

import json
from pathlib import Path

import numpy as np
from PIL import Image
from transformers.image_utils import load_image
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

OUT = Path("test/fixtures/data/images")
OUT.mkdir(parents=True, exist_ok=True)
random = np.random.default_rng(7)


def picture(width, height, channels=3, noise=40):
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / (2 + c)) * np.cos(y / (3 + c)) for c in range(channels)]
    values = 128 + 90 * np.stack(waves, axis=-1) + random.integers(-noise, noise + 1, (height, width, channels))
    return np.clip(values, 0, 255).astype(np.uint8)


Image.fromarray(picture(37, 29)).save(OUT / "down.png")
Image.fromarray(picture(5, 4)).save(OUT / "up.png")
Image.fromarray(picture(10, 8)).save(OUT / "same.png")
Image.fromarray(picture(3, 40)).save(OUT / "mixed.png")
Image.fromarray(picture(16, 12, 4), "RGBA").save(OUT / "alpha.png")
Image.fromarray(picture(16, 12, 1)[..., 0], "L").save(OUT / "grey.png")
Image.fromarray(picture(40, 30, noise=6)).save(OUT / "photo.jpg", quality=90)
exif = Image.Exif()
exif[0x0112] = 6
Image.fromarray(picture(24, 16, noise=6)).save(OUT / "turned.jpg", quality=90, exif=exif)
Image.fromarray(picture(16, 12, noise=6)).save(OUT / "exact.webp", lossless=True)
Image.fromarray(picture(16, 12, noise=6)).quantize(16).save(OUT / "few.gif")
Image.fromarray(picture(15, 11)).save(OUT / "true.bmp")
Image.fromarray(picture(15, 11, noise=6)).quantize(16).save(OUT / "palette.bmp")

SIZE = {"height": 8, "width": 10}
IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
CASES = [
    ("down.png", {"size": SIZE}),
    ("down.png", {"size": SIZE, **IMAGENET}),
    ("down.png", {"size": SIZE, "resample": 3}),
    ("same.png", {"do_resize": False, "do_normalize": False, "do_rescale": False}),
    ("up.png", {"size": SIZE}),
    ("up.png", {"size": SIZE, "resample": 3, **IMAGENET}),
    ("same.png", {"size": SIZE, "rescale_factor": 1 / 127.5}),
    ("mixed.png", {"size": SIZE}),
    *((name, {"size": SIZE}) for name in ("alpha.png", "grey.png", "exact.webp", "few.gif", "true.bmp", "palette.bmp")),
    ("photo.jpg", {"size": SIZE}),
    ("turned.jpg", {"size": SIZE}),
]

cases = []
for name, settings in CASES:
    processor = ViTImageProcessorPil(**settings)
    pixels = processor(load_image(str(OUT / name)), return_tensors="np")["pixel_values"][0]
    config = {key: value for key, value in processor.to_dict().items() if value is not None}
    values = [float(f"{value:.9g}") for value in pixels.astype(np.float32).ravel()]
    cases.append({"file": name, "config": config, "shape": list(pixels.shape), "values": values})
(OUT / "pixels.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n")
