"""Draws the world of the demo model: coloured shapes, numbers and signs on a light background.

A scene is drawn at any picture size in *units*: the square root of the picture's area is 112 units, so that the
picture resized to one tile of 112 x 112 always shows objects of the same apparent size.
"""

import io
import math
import os
import random
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

COLORS = {
    "red": (215, 35, 35),
    "green": (35, 150, 55),
    "blue": (40, 75, 215),
    "yellow": (240, 205, 20),
    "purple": (140, 40, 170),
    "black": (20, 20, 20),
}
COLOR_NAMES = list(COLORS)
SIGN_COLORS = [name for name in COLOR_NAMES if name != "yellow"]  # the text on a sign is white
SHAPE_NAMES = ["circle", "square", "triangle", "star"]
BACKGROUNDS = {"white": (250, 250, 250), "gray": (185, 185, 185), "pink": (252, 200, 215), "light blue": (175, 215, 250)}
BACKGROUND_WEIGHTS = [4, 1, 1, 1]
SIGN_WORDS = (
    "OPEN CLOSED STOP EXIT TAXI BUS CAFE BANK HOTEL PARK SALE FREE "
    "PUSH PULL HELP GO HOT COLD SHOP MENU LEFT RIGHT HOME PIZZA"
).split()
CONTENTS = {"shapes": 36, "number": 21, "word": 16, "shapes+number": 15, "shapes+word": 12}  # name: weight

FONT_FOLDER = os.environ.get("DEJAVU_FONTS", "/usr/share/fonts/truetype/dejavu")
FONT_FILES = ["DejaVuSans-Bold.ttf", "DejaVuSerif-Bold.ttf", "DejaVuSans.ttf"]

SCENE_UNITS = 112
SUPERSAMPLING = 2
MIN_SIDE, MAX_SIDE = 112, 672
BORDER = 2.0


@lru_cache(maxsize=512)
def load_font(index: int, pixels: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(os.path.join(FONT_FOLDER, FONT_FILES[index]), pixels)


def random_size(rng: random.Random, smallest: int = MIN_SIDE, largest: int = MAX_SIDE) -> tuple[int, int]:
    """Width and height: half squares, else 2:3 .. 3:2 and now and then up to 1:2 or 2:1."""
    side = math.exp(rng.uniform(math.log(smallest), math.log(largest * 0.85)))
    widest = 1.0 if rng.random() < 0.5 else (1.5 if rng.random() < 0.85 else 2.0)
    stretch = math.exp(rng.uniform(-0.5, 0.5) * math.log(widest))
    clamp = lambda length: int(round(min(max(length, MIN_SIDE), MAX_SIDE)))
    return clamp(side * stretch), clamp(side / stretch)


def outline(shape: str, radius: float, angle: float) -> list[tuple[float, float]]:
    """The polygon of a shape around the origin."""
    if shape == "square":
        half = radius * 0.86
        points = [(-half, -half), (half, -half), (half, half), (-half, half)]
    elif shape == "triangle":
        points = [(0, -radius), (radius * 0.95, radius * 0.75), (-radius * 0.95, radius * 0.75)]
    elif shape == "star":
        points = []
        for corner in range(10):
            reach = radius if corner % 2 == 0 else radius * 0.45
            direction = -math.pi / 2 + corner * math.pi / 5
            points.append((reach * math.cos(direction), reach * math.sin(direction)))
    else:
        points = [(radius * math.cos(k / 60 * math.tau), radius * math.sin(k / 60 * math.tau)) for k in range(60)]
    cosine, sine = math.cos(angle), math.sin(angle)
    return [(x * cosine - y * sine, x * sine + y * cosine) for x, y in points]


def vary(rng: random.Random, color: tuple[int, int, int], amount: float = 16) -> tuple[int, ...]:
    return tuple(max(0, min(255, int(channel + rng.uniform(-amount, amount)))) for channel in color)


class Scene:
    """A picture under construction; positions in units, the finished description in fractions of the picture."""

    def __init__(self, rng: random.Random, width: int, height: int):
        self.rng, self.width, self.height = rng, width, height
        self.pixels_per_unit = math.sqrt(width * height) / SCENE_UNITS
        self.units_wide, self.units_high = width / self.pixels_per_unit, height / self.pixels_per_unit
        self.scale = self.pixels_per_unit * SUPERSAMPLING
        self.boxes, self.shapes, self.text, self.characters = [], [], None, []
        self.background = rng.choices(list(BACKGROUNDS), weights=BACKGROUND_WEIGHTS)[0]
        self.texture = rng.choices(["plain", "gradient", "noise"], weights=[8, 1, 1])[0]
        self.canvas = self._paper()
        self.draw = ImageDraw.Draw(self.canvas)

    def _paper(self) -> Image.Image:
        size = (self.width * SUPERSAMPLING, self.height * SUPERSAMPLING)
        base = vary(self.rng, BACKGROUNDS[self.background], 8)
        if self.texture != "gradient":
            return Image.new("RGB", size, base)
        strength, direction = self.rng.uniform(-20, 20), self.rng.uniform(0, math.tau)
        rows, columns = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
        slope = (columns / size[0] - 0.5) * math.cos(direction) + (rows / size[1] - 0.5) * math.sin(direction)
        pixels = np.array(base, np.float32)[None, None] + strength * slope[..., None]
        return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))

    def free_place(self, wide: float, high: float, margin: float = 2.0, tries: int = 40):
        """The left upper corner of a free rectangle, or None."""
        if wide > self.units_wide - 2 * BORDER or high > self.units_high - 2 * BORDER:
            return None
        for _ in range(tries):
            left = self.rng.uniform(BORDER, self.units_wide - BORDER - wide)
            top = self.rng.uniform(BORDER, self.units_high - BORDER - high)
            if all(
                left > right2 + margin or left + wide < left2 - margin or top > bottom2 + margin or top + high < top2 - margin
                for left2, top2, right2, bottom2 in self.boxes
            ):
                return left, top
        return None

    def fraction(self, box) -> list[float]:
        left, top, right, bottom = box
        return [left / self.units_wide, top / self.units_high, right / self.units_wide, bottom / self.units_high]

    def add_text(self, kind: str, alone: bool) -> None:
        rng = self.rng
        if kind == "number":
            content = "".join(rng.choice("0123456789") for _ in range(rng.choices([1, 2, 3], weights=[2, 4, 4])[0]))
        else:
            content = rng.choice(SIGN_WORDS)
        font_index = rng.randrange(len(FONT_FILES))
        size = rng.uniform(32, 60) if alone else rng.uniform(26, 36)
        while True:
            font = load_font(font_index, max(8, round(size * self.scale)))
            ink_left, ink_top, ink_right, ink_bottom = font.getbbox(content)
            wide, high = (ink_right - ink_left) / self.scale, (ink_bottom - ink_top) / self.scale
            if wide <= self.units_wide * (0.9 if alone else 0.8) or size < 12:
                break
            size -= 2
        on_sign = kind == "word"
        padding = rng.uniform(2, 6) if on_sign else 0.0
        place = self.free_place(
            min(wide + 2 * padding, self.units_wide - 5), min(high + 2 * padding, self.units_high - 5)
        )
        left, top = place or (3.0, 3.0)
        box = (left, top, left + wide + 2 * padding, top + high + 2 * padding)
        if on_sign:
            color, fill = rng.choice(SIGN_COLORS), (250, 250, 250)
            self.draw.rounded_rectangle(
                [side * self.scale for side in box],
                radius=rng.choice([0, 4, 8]) / 2 * self.scale,
                fill=vary(rng, COLORS[color]),
            )
        else:
            color = rng.choice(COLOR_NAMES)
            fill = vary(rng, COLORS[color])
        text_left, text_top = left + padding, top + padding
        origin = (text_left * self.scale - ink_left, text_top * self.scale - ink_top)
        self.draw.text(origin, content, font=font, fill=fill)
        for index, character in enumerate(content):
            start, end = (font.getlength(content[:count]) / self.scale for count in (index, index + 1))
            shift = text_left - ink_left / self.scale
            character_box = (shift + start, text_top, shift + end, text_top + high)
            self.characters.append({"character": character, "box": self.fraction(character_box)})
        self.boxes.append(box)
        self.text = {"kind": kind, "content": content, "color": color, "box": self.fraction(box)}

    def add_shapes(self) -> None:
        rng = self.rng
        count = rng.choices([1, 2, 3, 4], weights=[3, 3, 3, 1])[0]
        if self.text:
            count = min(count, rng.choice([1, 1, 2]))
        used = set()
        for _ in range(count):
            shape, color = rng.choice(SHAPE_NAMES), rng.choice(COLOR_NAMES)
            if self.shapes and rng.random() < 0.3:  # repeats, so that counting is not trivial
                if rng.random() < 0.5:
                    shape = rng.choice(self.shapes)["shape"]
                else:
                    color = rng.choice(self.shapes)["color"]
            if (shape, color) in used and rng.random() < 0.8:
                continue
            points = outline(shape, rng.uniform(24, 44) / 2, rng.uniform(-0.12, 0.12))
            lowest_x, lowest_y = min(x for x, _ in points), min(y for _, y in points)
            wide, high = max(x for x, _ in points) - lowest_x, max(y for _, y in points) - lowest_y
            place = self.free_place(wide, high)
            if place is None:
                continue
            left, top = place
            polygon = [((x - lowest_x + left) * self.scale, (y - lowest_y + top) * self.scale) for x, y in points]
            self.draw.polygon(polygon, fill=vary(rng, COLORS[color]))
            box = (left, top, left + wide, top + high)
            self.boxes.append(box)
            used.add((shape, color))
            self.shapes.append({"shape": shape, "color": color, "box": self.fraction(box)})

    def picture(self) -> Image.Image:
        picture = self.canvas.resize((self.width, self.height), Image.BOX)
        if self.texture == "noise" or self.rng.random() < 0.15:
            noise = np.random.default_rng(self.rng.getrandbits(32))
            pixels = np.asarray(picture).astype(np.float32)
            pixels += noise.normal(0, self.rng.uniform(2, 6), pixels.shape)
            picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
        return picture

    def description(self) -> dict:
        """What is in the picture; shapes from left to right, boxes in fractions of width and height."""
        shapes = sorted(self.shapes, key=lambda shape: shape["box"][0] + shape["box"][2])
        return {
            "width": self.width,
            "height": self.height,
            "background": self.background,
            "shapes": shapes,
            "text": self.text,
        }


def draw_scene(rng: random.Random, width: int, height: int, contents: str | None = None):
    """A picture, its description, and the boxes of its characters. `contents` is a key of CONTENTS."""
    scene = Scene(rng, width, height)
    contents = contents or rng.choices(list(CONTENTS), weights=list(CONTENTS.values()))[0]
    for kind in ("number", "word"):
        if kind in contents:
            scene.add_text(kind, alone=contents == kind)
    if "shapes" in contents:
        scene.add_shapes()
    return scene.picture(), scene.description(), scene.characters


def recompress(picture: Image.Image, quality: int) -> Image.Image:
    """The picture after a round trip through JPEG (the random JPEG compression of InternVL 2.5)."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")
