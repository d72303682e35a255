import numpy as np
from PIL import Image

from tiling import closest_grid, dynamic_tiles


def test_grids_of_the_original_code():
    assert closest_grid(112, 112) == (1, 1)
    assert closest_grid(158, 158) == (1, 1)  # does not fill half of 2 x 2
    assert closest_grid(159, 159) == (2, 2)
    assert closest_grid(672, 448) == (3, 2)
    assert closest_grid(300, 600) == (1, 2)
    assert closest_grid(1000, 1000, max_tiles=1) == (1, 1)


def test_tiles_go_row_by_row_and_end_with_the_thumbnail():
    colors = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]], np.uint8)
    picture = Image.fromarray(colors.repeat(112, axis=0).repeat(112, axis=1))
    tiles = dynamic_tiles(picture)
    assert tiles.shape == (5, 112, 112, 3)
    assert [tuple(tile[56, 56]) for tile in tiles[:4]] == [tuple(color) for color in colors.reshape(4, 3)]
    assert np.array_equal(tiles[4], np.asarray(picture.resize((112, 112), Image.BICUBIC)))


def test_one_tile_has_no_thumbnail():
    assert dynamic_tiles(Image.new("RGB", (640, 480)), max_tiles=1).shape == (1, 112, 112, 3)
