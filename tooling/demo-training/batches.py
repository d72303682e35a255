"""Pools of scenes read from disk, and batches of packed questions made from them."""

import glob
import json
import math
import random
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from tasks import ask
from tokenizer import IMAGE_CONTEXT, SYSTEM_MESSAGES, place_images

IGNORED = -100
SYSTEM_WEIGHTS = {"none": 70, "helpful": 15, "internvl": 15}
DIALOGUE_SHARE = 0.12
# Looking up one object among several is what is learned last, and half of the scenes with shapes have only one.
SEVERAL_SHAPES_WEIGHT = 3


class Pool:
    """The scenes of the pool files `folder/prefix*`; tiles stay on disk."""

    def __init__(self, pattern: str):
        self.scenes, self.tiles, self.labels, self.by_tiles = [], [], [], {}
        for path in sorted(glob.glob(pattern + ".json")):
            stem = path[: -len(".json")]
            with open(path) as file:
                scenes = json.load(file)
            tiles = np.load(stem + ".tiles.npy", mmap_mode="r")
            labels = dict(np.load(stem + ".labels.npz")) if glob.glob(stem + ".labels.npz") else None
            first = 0
            for index, scene in enumerate(scenes):
                self.by_tiles.setdefault(scene["tiles"], []).append(len(self.scenes))
                self.scenes.append(scene)
                self.tiles.append((tiles, first, first + scene["tiles"]))
                self.labels.append((labels, index))
                first += scene["tiles"]

        self.weights = [SEVERAL_SHAPES_WEIGHT if len(scene["shapes"]) > 1 else 1 for scene in self.scenes]

    def __len__(self) -> int:
        return len(self.scenes)

    def draw(self, rng: random.Random, count: int, tiles: int) -> list[int]:
        """`count` indices of scenes with `tiles` tiles, those with several shapes more often."""
        indices = self.by_tiles[tiles]
        return rng.choices(indices, weights=[self.weights[index] for index in indices], k=count)

    def pixels(self, indices) -> Tensor:
        """uint8 [all tiles of these scenes, 112, 112, 3]."""
        parts = [tiles[first:last] for tiles, first, last in (self.tiles[index] for index in indices)]
        return torch.from_numpy(np.concatenate(parts))

    def dense(self, indices) -> dict[str, Tensor]:
        names = ("shape", "color", "character", "index", "box")
        rows = [self.labels[index] for index in indices]
        return {name: torch.from_numpy(np.stack([labels[name][row] for labels, row in rows])) for name in names}


class Encoder:
    """Token ids of prompt pieces, remembered. Pieces end at line breaks or added tokens, so that they add up."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self.known: dict[str, list[int]] = {}

    def __call__(self, text: str) -> list[int]:
        if text not in self.known:
            self.known[text] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return self.known[text]

    def prefix(self, tiles: int, system: str | None) -> list[int]:
        """Up to the first question: system message, then the picture."""
        text = f"<|im_start|>system\n{system}<|im_end|>\n" if system else ""
        return self(place_images(text + "<|im_start|>user\n<image>\n", [tiles]))

    def question(self, question: str) -> list[int]:
        return self(question) + self("<|im_end|>\n<|im_start|>assistant\n")

    def answer(self, answer: str) -> list[int]:
        return self(answer) + self("<|im_end|>")

    def next_turn(self) -> list[int]:
        return self("\n<|im_start|>user\n")


@dataclass
class Batch:
    ids: Tensor  # [batch, length]
    positions: Tensor
    mask: Tensor  # bool [batch, 1, length, length], True = may look
    labels: Tensor  # IGNORED outside of answers
    weights: Tensor  # 1 / sqrt(answer tokens): square averaging


def pack_sequence(rng: random.Random, encoder: Encoder, scene: dict, questions: int) -> tuple:
    """One picture and several questions in a sequence.

    Usually each question sees the pictures only (segments kept apart by the mask, positions starting over);
    in a dialogue each turn sees the turns before it.
    """
    system = SYSTEM_MESSAGES[rng.choices(list(SYSTEM_WEIGHTS), weights=list(SYSTEM_WEIGHTS.values()))[0]]
    prefix = encoder.prefix(scene["tiles"], system)
    ids, segments, positions = list(prefix), [0] * len(prefix), list(range(len(prefix)))
    labels, weights = [IGNORED] * len(prefix), [0.0] * len(prefix)
    dialogue = rng.random() < DIALOGUE_SHARE
    for turn in range(questions):
        _, question, answer = ask(rng, scene)
        question_ids, answer_ids = encoder.question(question), encoder.answer(answer)
        if dialogue and turn:
            question_ids = encoder.next_turn() + question_ids
        start = len(ids) if dialogue else len(prefix)
        added = len(question_ids) + len(answer_ids)
        ids += question_ids + answer_ids
        segments += [0 if dialogue else turn + 1] * added
        positions += range(start, start + added)
        labels += [IGNORED] * len(question_ids) + answer_ids
        weights += [0.0] * len(question_ids) + [1 / math.sqrt(len(answer_ids))] * len(answer_ids)
    return ids, segments, positions, labels, weights


def make_batch(rng: random.Random, encoder: Encoder, scenes: list[dict], questions: int) -> Batch:
    sequences = [pack_sequence(rng, encoder, scene, questions) for scene in scenes]
    longest = max(len(sequence[0]) for sequence in sequences)
    shape = (len(sequences), longest)
    ids, positions = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
    segments, labels = torch.full(shape, -1), torch.full(shape, IGNORED)
    weights = torch.zeros(shape)
    for row, sequence in enumerate(sequences):
        for target, values in zip((ids, segments, positions, labels, weights), sequence):
            target[row, : len(values)] = torch.tensor(values, dtype=target.dtype)
    together = (segments[:, None, :] == 0) | (segments[:, None, :] == segments[:, :, None])
    mask = together & torch.ones(longest, longest, dtype=torch.bool).tril()
    return Batch(ids, positions, mask[:, None], labels, weights)


def image_context_id(tokenizer) -> int:
    return tokenizer.token_to_id(IMAGE_CONTEXT)

