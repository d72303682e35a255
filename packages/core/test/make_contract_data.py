"""Writes src/contract/data.ts: the pictures and graphs that the contract suites carry.

    python make_contract_data.py > ../src/contract/data.ts

Needs Pillow (decoding is the same from 10.4 to 13.0), numpy and onnx. The expected pixels are Pillow's own:
"drop" is Image.convert("RGB"), "composite" is convert_to_rgb of Transformers, "apply" is ImageOps.exif_transpose.
"""

import base64
import hashlib
import io
import struct
import zlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image, ImageOps

WIDTH, HEIGHT = 37, 26


def picture():
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    channels = [(x * 7) % 256, (y * 9 + x) % 256, (x * y) // 4 % 256]
    return Image.fromarray(np.stack(channels, -1).astype(np.uint8))


def with_alpha(image):
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    image = image.copy()
    image.putalpha(Image.fromarray(((x * 5 + y * 11) % 256).astype(np.uint8)))
    return image


def encode(image, format, **options):
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def orientation(value):
    exif = Image.Exif()
    exif[0x112] = value
    return exif


def composite(image):
    """transformers.image_transforms.convert_to_rgb"""
    if image.mode == "RGB":
        return image
    rgba = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", rgba.size, (255, 255, 255)), rgba).convert("RGB")


def expected(data):
    image = Image.open(io.BytesIO(data))
    for exif, turned in (("apply", ImageOps.exif_transpose(image)), ("ignore", image)):
        for alpha, rgb in (("composite", composite(turned)), ("drop", turned.convert("RGB"))):
            yield alpha, exif, rgb.width, rgb.height, hashlib.sha256(rgb.tobytes()).hexdigest()


def pictures():
    rgb = picture()
    palette = rgb.quantize(12)
    yield "RGB PNG", encode(rgb, "PNG")
    yield "RGBA PNG", encode(with_alpha(rgb), "PNG")
    yield "grey PNG with alpha", encode(with_alpha(rgb).convert("LA"), "PNG")
    yield "palette PNG with transparency", encode(palette, "PNG", transparency=bytes([0, 40, 128, 200, 255]))
    yield "JPEG 4:2:0", encode(rgb, "JPEG", quality=85, subsampling=2)
    yield "grey JPEG", encode(rgb.convert("L"), "JPEG", quality=85)
    for value in (3, 6, 7):
        yield f"JPEG with EXIF orientation {value}", encode(rgb, "JPEG", quality=80, exif=orientation(value))
    yield "lossy WebP", encode(rgb, "WEBP", quality=80)
    yield "lossy WebP with alpha", encode(with_alpha(rgb), "WEBP", quality=80)
    yield "GIF", encode(palette, "GIF")
    yield "animated GIF", encode(palette, "GIF", save_all=True, append_images=[palette.rotate(180)])
    yield "BMP", encode(rgb, "BMP")


def huge_png():
    """A header of 60,000 x 60,000 pixels and the start of their data."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000)))


WEIGHT = np.arange(6, dtype=np.float32).reshape(3, 2)


def linear(external=None):
    """y = x @ weight + bias and size = shape(x), over x [rows, 3]; the weight may lie in a file of its own."""
    weight = numpy_helper.from_array(WEIGHT, "weight")
    if external is not None:
        raw = weight.raw_data
        weight.ClearField("raw_data")
        weight.data_location = TensorProto.EXTERNAL
        for key, value in (("location", external), ("offset", "0"), ("length", str(len(raw)))):
            entry = weight.external_data.add()
            entry.key, entry.value = key, value
    bias = numpy_helper.from_array(np.array([10, 20], np.float32), "bias")
    nodes = [
        helper.make_node("MatMul", ["x", "weight"], ["product"]),
        helper.make_node("Add", ["product", "bias"], ["y"]),
        helper.make_node("Shape", ["x"], ["size"]),
    ]
    graph = helper.make_graph(
        nodes,
        "linear",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", 3])],
        [
            helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", 2]),
            helper.make_tensor_value_info("size", TensorProto.INT64, [2]),
        ],
        [weight, bias],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    if external is None:
        onnx.checker.check_model(model)
    return model.SerializeToString()


def text(data):
    return f'"{base64.b64encode(data).decode()}"'


print("// Written by test/make_contract_data.py: change that file, not this one.")
print('import type { ContractPicture } from "./pictures.js";')
print()
print("/** Small pictures in base64, with the SHA-256 of the RGB bytes that Pillow gives. */")
print("export const PICTURES: readonly ContractPicture[] = [")
for name, data in pictures():
    print("  {")
    print(f'    name: "{name}",')
    print(f"    base64: {text(data)},")
    print("    expected: [")
    for alpha, exif, width, height, sha256 in expected(data):
        print(f'      {{ alpha: "{alpha}", exif: "{exif}", width: {width}, height: {height}, sha256: "{sha256}" }},')
    print("    ],")
    print("  },")
print("];")
print()
print("/** The start of a PNG of 60,000 x 60,000 pixels. */")
print(f"export const HUGE_PNG: string = {text(huge_png())};")
print()
print("/** ONNX: `y = x @ [[0, 1], [2, 3], [4, 5]] + [10, 20]` and `size = shape(x)` for x `[rows, 3]`. */")
print(f"export const LINEAR_GRAPH: string = {text(linear())};")
print()
print("/** The same graph with its weight in the file `linear.onnx_data`, and that file. */")
print(f'export const LINEAR_GRAPH_EXTERNAL: string = {text(linear("linear.onnx_data"))};')
print(f"export const LINEAR_DATA: string = {text(WEIGHT.tobytes())};")
