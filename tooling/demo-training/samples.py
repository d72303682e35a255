"""The sample pictures that are shipped with the model, with questions and true answers."""

import argparse
import io
import json
import os
import random

from scenes import draw_scene
from tasks import ask

SEED = 8_000_000
MAX_BYTES = 30_000
JPEG_QUALITY = 88
# name: width, height, contents, format, tasks asked
SAMPLES = {
    "sign-and-shapes": (448, 448, "shapes+word", "png", ["describe", "word", "count", "color", "box", "yesno"]),
    "shapes-square": (448, 448, "shapes", "png", ["describe", "count", "yesno", "box"]),
    "number-wide": (336, 224, "number", "png", ["describe", "number", "background"]),
    "sign-small": (112, 112, "word", "png", ["describe", "word"]),
    "shapes-small": (112, 112, "shapes", "png", ["describe", "count", "color", "box"]),
    "number-and-shapes": (300, 260, "shapes+number", "jpg", ["describe", "number", "count", "textbox"]),
    "shapes-tall": (400, 600, "shapes", "png", ["describe", "count", "yesno", "box"]),
    "sign-photo-size": (672, 448, "word", "jpg", ["describe", "word", "background", "textbox"]),
    "shapes-wide": (640, 480, "shapes", "jpg", ["describe", "count", "shape", "yesno"]),
    "sign-and-shapes-large": (672, 672, "shapes+word", "png", ["describe", "word", "count", "box"]),
}
LEAST_SHAPES = 2


def draw_sample(rng: random.Random, width: int, height: int, contents: str, extension: str):
    """The first scene of the seed with at least two shapes (where shapes are asked for) that fits into the limit."""
    while True:
        picture, scene, _ = draw_scene(rng, width, height, contents)
        data = io.BytesIO()
        if extension == "png":
            picture.save(data, "PNG", optimize=True)
        else:
            picture.save(data, "JPEG", quality=JPEG_QUALITY)
        if data.tell() < MAX_BYTES and ("shapes" not in contents or len(scene["shapes"]) >= LEAST_SHAPES):
            return data.getvalue(), scene


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    folder = parser.parse_args().folder
    os.makedirs(folder, exist_ok=True)
    listed = []
    for index, (name, (width, height, contents, extension, tasks)) in enumerate(SAMPLES.items()):
        rng = random.Random(SEED + index)
        data, scene = draw_sample(rng, width, height, contents, extension)
        file = f"{name}.{extension}"
        with open(os.path.join(folder, file), "wb") as output:
            output.write(data)
        asked = [ask(rng, scene, task, typed_carefully=True) for task in tasks]
        questions = [{"question": item[1], "answer": item[2]} for item in asked if item]
        listed.append({"file": file, "width": width, "height": height, "questions": questions})
    with open(os.path.join(folder, "samples.json"), "w") as output:
        json.dump(listed, output, indent=2)
        output.write("\n")


if __name__ == "__main__":
    main()
