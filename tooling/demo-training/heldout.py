"""The held-out set: pictures of seeds never trained on, questions, true answers and PyTorch's answers.

The pictures are encoded, decoded again from those very bytes, tiled and answered greedily by the exported model
(fp16 weights widened to float32), with the default prompt (no system message).
"""

import argparse
import io
import json
import os
import random

import torch
from PIL import Image

from batches import Encoder, image_context_id
from evaluate import is_correct
from export import load_exported
from generate import generate
from scenes import draw_scene, random_size
from tasks import TASK_WEIGHTS, ask
from tiling import MAX_TILES, dynamic_tiles
from tokenizer import END_TOKEN

SEED = 7_000_000
PICTURES = {1: 120, MAX_TILES: 160}  # max_tiles: how many pictures
QUESTIONS_PER_PICTURE = 5
LARGEST_PNG = 9_000  # bytes; noisy pictures are stored as JPEG
ALWAYS_ASKED = ("describe", "number", "word")


def picture_bytes(picture: Image.Image, rng: random.Random) -> tuple[bytes, str]:
    """PNG, or JPEG for every third picture and for those that PNG cannot pack."""
    png, jpeg = io.BytesIO(), io.BytesIO()
    picture.save(png, "PNG", optimize=True)
    picture.save(jpeg, "JPEG", quality=rng.randint(75, 92))
    if rng.random() < 1 / 3 or png.tell() > LARGEST_PNG:
        return jpeg.getvalue(), "jpg"
    return png.getvalue(), "png"


def decode_tiles(data: bytes, max_tiles: int) -> torch.Tensor:
    return torch.from_numpy(dynamic_tiles(Image.open(io.BytesIO(data)).convert("RGB"), max_tiles))


def choose_size(rng: random.Random, max_tiles: int) -> tuple[int, int]:
    if max_tiles == 1:
        return (112, 112) if rng.random() < 0.4 else random_size(rng, largest=320)
    return random_size(rng, smallest=180, largest=520)


def choose_questions(rng: random.Random, scene: dict) -> list[tuple[str, str, str]]:
    """Different tasks: to describe and to read always, then others at random."""
    others = [task for task in TASK_WEIGHTS if task not in ALWAYS_ASKED]
    rng.shuffle(others)
    asked = [ask(rng, scene, task) for task in (*ALWAYS_ASKED, *others)]
    return [question for question in asked if question][:QUESTIONS_PER_PICTURE]


def answer_all(folder: str, rows: list[dict], tiles: list[torch.Tensor]) -> None:
    """Adds `pytorch_answer` to the rows; `tiles` holds each row's picture."""
    model, tokenizer = load_exported(folder)
    encoder = Encoder(tokenizer)
    prompts = [
        (encoder.prefix(len(picture), None) + encoder.question(row["question"]), picture) for row, picture in zip(rows, tiles)
    ]
    answers = generate(model, prompts, image_context_id(tokenizer), tokenizer.token_to_id(END_TOKEN))
    for row, answer in zip(rows, answers):
        row["pytorch_answer"] = tokenizer.decode(answer, skip_special_tokens=False)


def summarise(rows: list[dict]) -> dict:
    """{"one_tile" | "several_tiles": {task: {asked, correct, accuracy}}}"""
    summary: dict[str, dict] = {"one_tile": {}, "several_tiles": {}}
    for row in rows:
        group = summary["one_tile" if row["max_tiles"] == 1 else "several_tiles"]
        score = group.setdefault(row["task"], {"asked": 0, "correct": 0})
        score["asked"] += 1
        score["correct"] += is_correct(row["task"], row["answer"], row["pytorch_answer"])
    for name, group in summary.items():
        summary[name] = {task: group[task] for task in TASK_WEIGHTS if task in group}
        for score in group.values():
            score["accuracy"] = round(score["correct"] / score["asked"], 4)
    return summary


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="exported folder")
    parser.add_argument("folder", help="where heldout.json and pictures/ are written")
    options = parser.parse_args()
    os.makedirs(os.path.join(options.folder, "pictures"), exist_ok=True)
    rng = random.Random(SEED)
    rows, tiles = [], []
    for max_tiles, count in PICTURES.items():
        for number in range(count):
            picture, scene, _ = draw_scene(rng, *choose_size(rng, max_tiles))
            data, extension = picture_bytes(picture, rng)
            file = f"pictures/{'single' if max_tiles == 1 else 'tiled'}-{number:03d}.{extension}"
            with open(os.path.join(options.folder, file), "wb") as output:
                output.write(data)
            for task, question, answer in choose_questions(rng, scene):
                rows.append({"file": file, "max_tiles": max_tiles, "task": task, "question": question, "answer": answer})
                tiles.append(decode_tiles(data, max_tiles))
    answer_all(options.model, rows, tiles)
    with open(os.path.join(options.folder, "heldout.json"), "w") as file:
        header = json.dumps({"seed": SEED, "summary": summarise(rows)}, indent=2)[:-2]
        listed = ",\n".join("    " + json.dumps(row) for row in rows)
        file.write(f'{header},\n  "questions": [\n{listed}\n  ]\n}}\n')
    for group, scores in summarise(rows).items():
        print(group, {task: f"{score['correct']}/{score['asked']}" for task, score in scores.items()})


if __name__ == "__main__":
    main()
