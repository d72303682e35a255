"""The tiny checkpoints in Transformers' dialect, and random prompts for them."""

import json
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from transformers import AutoTokenizer, GenerationConfig, InternVLForConditionalGeneration

MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32).reshape(1, 3, 1, 1)
STD = np.array([0.229, 0.224, 0.225], dtype=np.float32).reshape(1, 3, 1, 1)
# A picture with more image tokens makes a case slow and no better.
MOST_IMAGE_TOKENS = 300


def tiles(path):
    """Square tiles that stand one below the other -> normalised float32 [tiles, 3, S, S]."""
    picture = np.asarray(Image.open(path).convert("RGB"), dtype=np.float32)
    size = picture.shape[1]
    stacked = picture.reshape(-1, size, size, 3).transpose(0, 3, 1, 2)
    return torch.from_numpy((stacked / np.float32(255) - MEAN) / STD)


@dataclass
class Checkpoint:
    name: str
    model: InternVLForConditionalGeneration
    tokenizer: object
    golden: dict
    # Where the tiles are.
    inputs_folder: object
    # Name under tiny/inputs and number of tiles.
    pictures: list[tuple[str, int]]
    # Ids of ordinary tokens.
    text_ids: list[int]

    @property
    def vocab_size(self):
        return self.golden["vocab_size"]

    @property
    def pad_token_id(self):
        return self.golden["pad_token_id"]

    @property
    def scales_with_length(self):
        """Dynamic scaling turns keys by the longest text so far, which a guess of prompt lookup makes longer."""
        return any(hasattr(module, "original_inv_freq") and module.rope_type == "dynamic" for module in self.model.modules())

    def forget_lengths(self):
        """Dynamic scaling remembers the longest text it has seen; every case starts afresh."""
        for module in self.model.modules():
            if hasattr(module, "original_inv_freq"):
                module.register_buffer("inv_freq", module.original_inv_freq, persistent=False)
                module.max_seq_len_cached = module.original_max_seq_len

    def tensors(self, case):
        """The inputs of `generate` and of the forward pass."""
        inputs = {"input_ids": torch.tensor(case["input_ids"]), "attention_mask": torch.tensor(case["attention_mask"])}
        if case["pixel_inputs"]:
            inputs["pixel_values"] = torch.cat([tiles(self.inputs_folder / f"{name}.png") for name in case["pixel_inputs"]])
        return inputs


def open_checkpoints(golden_folder, converted):
    folders = [folder for folder in sorted(converted.iterdir()) if (folder / "config.json").exists()]
    return [open_checkpoint(golden_folder, folder) for folder in folders]


def open_checkpoint(golden_folder, folder):
    golden = json.loads((golden_folder / "tiny" / folder.name / "golden.json").read_text())
    model = InternVLForConditionalGeneration.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    model.eval()
    # Options are those of a case and nothing else.
    model.generation_config = GenerationConfig()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    inputs_folder = golden_folder / "tiny" / "inputs"
    pictures = {
        (name, patches)
        for case in golden["cases"].values()
        for name, patches in zip(case["pixel_inputs"], [p for row in case["num_patches_list"] for p in row])
        if patches * golden["num_image_token"] <= MOST_IMAGE_TOKENS and (inputs_folder / f"{name}.png").exists()
    }
    special = {*tokenizer.added_tokens_decoder, *golden["token_ids"].values(), golden["pad_token_id"]}
    known = min(len(tokenizer), golden["vocab_size"])
    text_ids = [token for token in range(known) if token not in special]
    return Checkpoint(folder.name, model, tokenizer, golden, inputs_folder, sorted(pictures), text_ids)


def draw_prompts(random, checkpoint, pictures, repeat=False, length=None):
    """Left-padded prompts, one a row. `pictures` says how many each has; with `repeat` they quote themselves."""
    rows, names, patches = [], [], []
    for count in pictures:
        drawn = [checkpoint.pictures[int(i)] for i in random.integers(0, len(checkpoint.pictures), count)]
        names += [name for name, _ in drawn]
        patches.append([tiles for _, tiles in drawn])
        rows.append(draw_prompt(random, checkpoint, patches[-1], repeat, length))
    longest = max(map(len, rows))
    return {
        "input_ids": [[checkpoint.pad_token_id] * (longest - len(row)) + row for row in rows],
        "attention_mask": [[0] * (longest - len(row)) + [1] * len(row) for row in rows],
        "num_patches_list": patches,
        "pixel_inputs": names,
    }


def draw_prompt(random, checkpoint, patches, repeat, length):
    ids, golden = checkpoint.golden["token_ids"], checkpoint.golden
    text = [int(token) for token in random.choice(checkpoint.text_ids, length or int(random.integers(5, 20)))]
    if repeat:
        text = (text[:6] * 3)[: max(9, len(text))]
    row = []
    for number, tiles_of_picture in enumerate(patches):
        row += text[number : number + 1]
        row += [ids["<img>"], *[ids["<IMG_CONTEXT>"]] * (tiles_of_picture * golden["num_image_token"]), ids["</img>"]]
    return row + text[len(patches) :]
