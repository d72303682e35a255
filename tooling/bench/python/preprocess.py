"""The peer of `bench preprocess`: Pillow and numpy."""

import hashlib
import time

import numpy as np
import PIL
from lines import answer_lines
from PIL import Image

MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
STD = np.array([0.229, 0.224, 0.225], dtype=np.float32)


def cut(image, columns, rows, size):
    """The tiles of the original's `dynamic_preprocess`, thumbnail last."""
    canvas = image.resize((columns * size, rows * size), Image.BICUBIC)
    boxes = [
        (x * size, y * size, (x + 1) * size, (y + 1) * size)
        for y in range(rows)
        for x in range(columns)
    ]
    tiles = [canvas.crop(box) for box in boxes]
    return [*tiles, image.resize((size, size), Image.BICUBIC)] if len(tiles) > 1 else tiles


def normalise(tiles):
    """Stacked, [tiles, 3, size, size] float32, contiguous."""
    pixels = np.stack([np.asarray(tile) for tile in tiles]).astype(np.float32)
    pixels /= 255
    pixels -= MEAN
    pixels /= STD
    return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))


def load():
    return {"version": f"Pillow {PIL.__version__}, numpy {np.__version__}"}


def hash(picture, columns, rows, size):
    """The SHA-256 of the float32 pixels."""
    pixels = normalise(cut(Image.open(picture).convert("RGB"), columns, rows, size))
    return {"hash": hashlib.sha256(pixels.tobytes()).hexdigest()}


def run(picture, columns, rows, size):
    """Milliseconds."""
    start = time.perf_counter()
    image = Image.open(picture).convert("RGB")
    decoded = time.perf_counter()
    normalise(cut(image, columns, rows, size))
    end = time.perf_counter()
    return {"decode": (decoded - start) * 1000, "tiles": (end - decoded) * 1000, "total": (end - start) * 1000}


answer_lines(load=load, hash=hash, run=run)
