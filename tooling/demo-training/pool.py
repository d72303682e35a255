"""Draws pools of training scenes on disk: tiles as one uint8 array, descriptions as JSON, dense labels as NPZ."""

import argparse
import json
import multiprocessing
import os
import random

import numpy as np

from scenes import COLOR_NAMES, MAX_SIDE, MIN_SIDE, SHAPE_NAMES, draw_scene, random_size, recompress
from tiling import MAX_TILES, TILE_SIZE, dynamic_tiles

PATCH = 14
PATCHES = TILE_SIZE // PATCH
CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SCENES_PER_FILE = 2000
TRAINING_SEED = 1_000_000
VALIDATION_SEED = 5_000_000  # watched during training; the held-out set has seeds of its own (heldout.py)


def overlap(box) -> np.ndarray:
    """How many pixels of each patch of the 112 x 112 picture a box covers, [8, 8]."""
    left, top, right, bottom = (side * TILE_SIZE for side in box)
    starts = np.arange(PATCHES) * PATCH
    wide = np.clip(np.minimum(starts + PATCH, right) - np.maximum(starts, left), 0, None)
    high = np.clip(np.minimum(starts + PATCH, bottom) - np.maximum(starts, top), 0, None)
    return high[:, None] * wide[None]


def dense_labels(description: dict, characters: list[dict]) -> dict[str, np.ndarray]:
    """Per patch: shape, color, character, index of the character (0 = none) and the object's box."""
    labels = {name: np.zeros((PATCHES, PATCHES), np.uint8) for name in ("shape", "color", "character", "index")}
    labels["box"] = np.zeros((PATCHES, PATCHES, 4), np.float16)
    claimed = np.full((PATCHES, PATCHES), 0.25 * PATCH * PATCH)
    for item in description["shapes"]:
        area = overlap(item["box"])
        mine = (area > claimed) | ((area == area.max()) & (area > claimed * 0.4))
        claimed = np.where(mine, np.maximum(area, claimed), claimed)
        labels["shape"][mine] = 1 + SHAPE_NAMES.index(item["shape"])
        labels["color"][mine] = 1 + COLOR_NAMES.index(item["color"])
        labels["box"][mine] = item["box"]
    claimed = np.full((PATCHES, PATCHES), 0.2 * PATCH * PATCH)
    for index, character in enumerate(characters):
        area = overlap(character["box"])
        mine = area > claimed
        if not mine.any():
            mine = (area == area.max()) & (area > 0)
        claimed = np.where(mine, np.maximum(area, claimed), claimed)
        labels["character"][mine] = 1 + CHARACTERS.index(character["character"])
        labels["index"][mine] = 1 + min(index, 6)
        labels["color"][mine] = 1 + COLOR_NAMES.index(description["text"]["color"])
        labels["box"][mine] = description["text"]["box"]
    return labels


def pool_size(rng: random.Random, max_tiles: int) -> tuple[int, int]:
    if max_tiles == 1:
        return (MIN_SIDE, MIN_SIDE) if rng.random() < 0.35 else random_size(rng)
    return random_size(rng, smallest=150)


def draw_file(job) -> str:
    """Draws one file's worth of scenes."""
    seed, count, path, max_tiles = job
    rng = random.Random(seed)
    tiles, descriptions, labels = [], [], []
    for _ in range(count):
        picture, description, characters = draw_scene(rng, *pool_size(rng, max_tiles))
        if rng.random() < 0.5:
            picture = recompress(picture, rng.randint(75, 100))
        picture_tiles = dynamic_tiles(picture, max_tiles)
        description["tiles"] = len(picture_tiles)
        tiles.append(picture_tiles)
        descriptions.append(description)
        if max_tiles == 1:
            labels.append(dense_labels(description, characters))
    np.save(path + ".tiles.npy", np.concatenate(tiles))
    if labels:
        np.savez(path + ".labels.npz", **{name: np.stack([label[name] for label in labels]) for name in labels[0]})
    with open(path + ".partial", "w") as file:
        json.dump(descriptions, file)
    os.replace(path + ".partial", path + ".json")  # the JSON appears last: a file that can be listed is complete
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--single", type=int, default=45, help="training files of single tiles")
    parser.add_argument("--tiled", type=int, default=15, help="training files of several tiles")
    arguments = parser.parse_args()
    os.makedirs(arguments.folder, exist_ok=True)
    path = lambda name: os.path.join(arguments.folder, name)
    jobs = [(VALIDATION_SEED, 1200, path("validation-single"), 1), (VALIDATION_SEED + 1, 600, path("validation-tiled"), MAX_TILES)]
    for name, files, seed, max_tiles in (
        ("single", arguments.single, TRAINING_SEED, 1),
        ("tiled", arguments.tiled, 2 * TRAINING_SEED, MAX_TILES),
    ):
        jobs += [(seed + i, SCENES_PER_FILE, path(f"{name}-{i:03d}"), max_tiles) for i in range(files)]
    jobs = [job for job in jobs if not os.path.exists(job[2] + ".json")]
    with multiprocessing.Pool(2) as workers:
        for finished in workers.imap(draw_file, jobs):
            print(finished, flush=True)


if __name__ == "__main__":
    main()
