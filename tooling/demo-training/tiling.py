"""The dynamic tiling of the original InternVL code, in Pillow: picture in, square tiles out."""

from functools import cache

import numpy as np
from PIL import Image

TILE_SIZE = 112
MAX_TILES = 6


@cache
def candidate_grids(min_tiles: int, max_tiles: int) -> tuple[tuple[int, int], ...]:
    """All (columns, rows) with min_tiles <= columns * rows <= max_tiles, by growing area.

    The original iterates a set and sorts it by area only; it is built in the same way here, so that grids of
    equal area come in the same order.
    """
    grids = {
        (columns, rows)
        for area in range(min_tiles, max_tiles + 1)
        for columns in range(1, area + 1)
        for rows in range(1, area + 1)
        if min_tiles <= columns * rows <= max_tiles
    }
    return tuple(sorted(grids, key=lambda grid: grid[0] * grid[1]))


def closest_grid(width: int, height: int, min_tiles: int = 1, max_tiles: int = MAX_TILES) -> tuple[int, int]:
    """The grid whose aspect ratio is closest; on a tie the larger one, if the picture fills half of it."""
    best_difference, best_grid = float("inf"), (1, 1)
    for columns, rows in candidate_grids(min_tiles, max_tiles):
        difference = abs(width / height - columns / rows)
        if difference < best_difference:
            best_difference, best_grid = difference, (columns, rows)
        elif difference == best_difference and width * height > 0.5 * TILE_SIZE * TILE_SIZE * columns * rows:
            best_grid = (columns, rows)
    return best_grid


def dynamic_tiles(picture: Image.Image, max_tiles: int = MAX_TILES) -> np.ndarray:
    """uint8 [tiles, 112, 112, 3]: the tiles row by row, then the thumbnail when there is more than one."""
    columns, rows = closest_grid(picture.width, picture.height, 1, max_tiles)
    resized = picture.resize((columns * TILE_SIZE, rows * TILE_SIZE), Image.BICUBIC)
    pixels = np.array(resized).reshape(rows, TILE_SIZE, columns, TILE_SIZE, 3)
    tiles = pixels.transpose(0, 2, 1, 3, 4).reshape(columns * rows, TILE_SIZE, TILE_SIZE, 3)
    if len(tiles) == 1:
        return tiles
    thumbnail = np.asarray(picture.resize((TILE_SIZE, TILE_SIZE), Image.BICUBIC))
    return np.concatenate([tiles, thumbnail[None]])
