"""Writes fixtures/images.json: what Pillow makes of every picture in fixtures/images, after adding the odd ones.

    python make_fixtures.py

Needs Pillow 10.4 to 13 and numpy. The `s_*` files come from the project's golden data. "drop" is
Image.convert("RGB"), "composite" is convert_to_rgb of Transformers, "apply" is ImageOps.exif_transpose.
"""

import hashlib
import json
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps

FOLDER = pathlib.Path(__file__).parent / "fixtures" / "images"
WIDTH, HEIGHT = 13, 7
random = np.random.default_rng(7)


def noise(size):
    return random.integers(0, 256, size).astype(np.uint8).tobytes()


def orientations():
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    image = Image.fromarray(np.stack([x * 19, y * 36, x * y * 3], -1).astype(np.uint8))
    exif = Image.Exif()
    for value in range(1, 9):
        exif[0x112] = value
        image.save(FOLDER / f"orientation{value}.png", exif=exif)
        image.save(FOLDER / f"orientation{value}.jpg", exif=exif)
    image.save(FOLDER / "orientation8.webp", exif=exif, lossless=True)
    image.save(FOLDER / "orientation8.tiff", exif=exif)
    image.convert("CMYK").save(FOLDER / "cmyk.tiff")


def bmp(name, bits, colours=0, masks=(), height=HEIGHT):
    row = (WIDTH * bits + 31) // 32 * 4
    pixels = noise(row * HEIGHT)
    size = 108 if len(masks) == 4 else 40
    extra = struct.pack(f"<{len(masks)}I", *masks)
    header = struct.pack("<IiiHHIIiiII", size, WIDTH, height, 1, bits, 3 if masks else 0, len(pixels), 0, 0, colours, 0)
    body = header + extra + bytes(max(0, size - 40 - len(extra))) + noise(colours * 4)
    offset = 14 + len(body)
    data = b"BM" + struct.pack("<IHHI", offset + len(pixels), 0, 0, offset) + body + pixels
    (FOLDER / name).write_bytes(data)


def bmps():
    bmp("1bit.bmp", 1, colours=2)
    bmp("4bit.bmp", 4, colours=16)
    bmp("8bit.bmp", 8, colours=256)
    bmp("555.bmp", 16)
    bmp("565.bmp", 16, masks=(0xF800, 0x7E0, 0x1F))
    bmp("24bit_top_down.bmp", 24, height=-HEIGHT)
    bmp("32bit.bmp", 32)
    bmp("32bit_alpha.bmp", 32, masks=(0xFF0000, 0xFF00, 0xFF, 0xFF000000))


def png16(name, colour_type, samples, transparent=None):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 16, colour_type, 0, 0, 0)
    trns = b"" if transparent is None else chunk(b"tRNS", struct.pack(">H", transparent))
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + trns
    (FOLDER / name).write_bytes(data + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def pngs():
    ramp = np.arange(WIDTH * HEIGHT).reshape(HEIGHT, WIDTH) * 5
    png16("grey16_transparent.png", 0, ramp, transparent=40)
    png16("grey_alpha16.png", 4, random.integers(0, 65536, (HEIGHT, WIDTH * 2)))
    png16("rgba16.png", 6, random.integers(0, 65536, (HEIGHT, WIDTH * 4)))


def gifs():
    """A first frame that is smaller than the picture, with and without a transparent colour."""
    image = Image.frombytes("RGB", (WIDTH, HEIGHT), noise(WIDTH * HEIGHT * 3)).quantize(8)
    for name, options in (("small_frame.gif", {}), ("small_frame_transparent.gif", {"transparency": 3})):
        image.save(FOLDER / name, **options)
        data = bytearray((FOLDER / name).read_bytes())
        data[6:10] = struct.pack("<HH", WIDTH + 9, HEIGHT + 8)
        at = 13 + 3 * (2 << (data[10] & 7))
        while data[at] == 0x21:
            at += 2
            while data[at]:
                at += data[at] + 1
            at += 1
        data[at + 1 : at + 5] = struct.pack("<HH", 4, 3)
        (FOLDER / name).write_bytes(data)


def composite(image):
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    rgba = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", rgba.size, (255, 255, 255)), rgba).convert("RGB")


def expected(path):
    image = Image.open(path)
    image.load()
    for exif, turned in (("apply", ImageOps.exif_transpose(image)), ("ignore", image)):
        for alpha, rgb in (("composite", composite(turned)), ("drop", turned.convert("RGB"))):
            sha256 = hashlib.sha256(rgb.tobytes()).hexdigest()
            yield {"alpha": alpha, "exif": exif, "width": rgb.width, "height": rgb.height, "sha256": sha256}


orientations()
bmps()
pngs()
gifs()
table = {path.name: list(expected(path)) for path in sorted(FOLDER.iterdir())}
rows = [f'"{name}": [\n' + ",\n".join(map(json.dumps, results)) + "\n]" for name, results in table.items()]
(FOLDER.parent / "images.json").write_text("{\n" + ",\n".join(rows) + "\n}\n")
