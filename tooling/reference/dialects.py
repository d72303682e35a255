"""Transformers loads what `internvl-convert --to transformers` wrote, and computes the original's numbers.

    python dialects.py FOLDER --golden VARIANT --inputs INPUTS [--tokenizer TOKENIZE.json]

FOLDER is a checkpoint in the dialect of the merged classes; VARIANT a folder with golden.json and golden.safetensors in the
layout of the golden data (numbers of the original code); INPUTS the folder of its tiles. Checked are: that no tensor is
missing, unexpected or of another shape; the logits at the last position of every case and its greedy tokens; what the
processor makes of a conversation with a picture; the token ids of TOKENIZE's strings.

Needs torch, transformers, safetensors, numpy and pillow; torchvision for the processor. `npm run reference` runs it over all variants.
"""

import argparse
import json
import pathlib
import sys

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from transformers import AutoProcessor, AutoTokenizer, InternVLForConditionalGeneration
from transformers.utils import logging

TOLERANCE = 1e-4
MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32).reshape(1, 3, 1, 1)
STD = np.array([0.229, 0.224, 0.225], dtype=np.float32).reshape(1, 3, 1, 1)

failures = []
counts = {"passed": 0}


def check(name, holds, detail=""):
    if holds:
        counts["passed"] += 1
    else:
        failures.append(f"{name}: {detail}")


def tiles(path):
    """Square tiles that stand one below the other -> normalised float32 [tiles, 3, S, S]."""
    picture = np.asarray(Image.open(path).convert("RGB"), dtype=np.float32)
    size = picture.shape[1]
    stacked = picture.reshape(-1, size, size, 3).transpose(0, 3, 1, 2)
    return torch.from_numpy((stacked / np.float32(255) - MEAN) / STD)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--golden", type=pathlib.Path, required=True)
    parser.add_argument("--inputs", type=pathlib.Path, required=True)
    parser.add_argument("--tokenizer", type=pathlib.Path)
    args = parser.parse_args()
    logging.set_verbosity_error()
    golden = json.loads((args.golden / "golden.json").read_text())
    numbers = load_file(args.golden / "golden.safetensors")

    model, info = InternVLForConditionalGeneration.from_pretrained(
        args.folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
    )
    model.eval()
    for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        check(f"loading, {kind}", not info[kind], str(list(info[kind])[:8]))
    check("number of image tokens", model.config.image_seq_length == golden["num_image_token"], model.config.image_seq_length)

    largest = 0.0
    for name, case in golden["cases"].items():
        ids = torch.tensor(case["input_ids"])
        mask = torch.ones_like(ids) if case["attention_mask"] is None else torch.tensor(case["attention_mask"])
        inputs = {"input_ids": ids, "attention_mask": mask}
        if case["pixel_inputs"]:
            inputs["pixel_values"] = torch.cat([tiles(args.inputs / f"{tile}.png") for tile in case["pixel_inputs"]])
        if case["position_ids"] is not None:
            inputs["position_ids"] = torch.tensor(case["position_ids"])
        forget_lengths(model)
        with torch.no_grad():
            logits = model(**inputs).logits[:, -1]
        difference = (logits - numbers[f"{name}.last_logits"]).abs().max().item()
        largest = max(largest, difference)
        check(f"{name} last_logits", difference <= TOLERANCE, f"difference {difference}")
        steps = len(case["generated"][0])
        inputs.pop("position_ids", None)
        forget_lengths(model)
        with torch.no_grad():
            tokens = model.generate(
                **inputs, max_new_tokens=steps, min_new_tokens=steps, do_sample=False, eos_token_id=None, pad_token_id=0
            )
        answer = tokens[:, ids.shape[1] :].tolist()
        check(f"{name} generated", answer == case["generated"], f"{answer} instead of {case['generated']}")

    note = check_processor(args.folder, golden, model.config)
    if args.tokenizer is not None:
        check_tokenizer(args.folder, json.loads(args.tokenizer.read_text()))
    for failure in failures[:8]:
        print(f"  FAILED {failure}")
    print(f"{counts['passed']} passed, {len(failures)} failed, largest difference of logits {largest:.1e}{note}")
    sys.exit(1 if failures else 0)


def forget_lengths(model):
    """Dynamic NTK remembers the longest text it has seen; every case of the golden data starts afresh."""
    for module in model.modules():
        if hasattr(module, "original_inv_freq"):
            module.register_buffer("inv_freq", module.original_inv_freq, persistent=False)
            module.max_seq_len_cached = module.original_max_seq_len


def check_processor(folder, golden, config):
    """What the merged classes' processor makes of a conversation and a picture. It needs torchvision."""
    try:
        processor = AutoProcessor.from_pretrained(folder)
    except ImportError:
        return "; the processor was NOT CHECKED, which needs torchvision"
    content = [{"type": "image"}, {"type": "text", "text": "What is this?"}]
    text = processor.apply_chat_template([{"role": "user", "content": content}], add_generation_prompt=True)
    expected = "<|im_start|>user\n<IMG_CONTEXT>\nWhat is this?<|im_end|>\n<|im_start|>assistant\n"
    check("chat template", text == expected, repr(text))
    picture = Image.new("RGB", (300, 100), (200, 30, 60))
    inputs = processor(images=[picture], text=[text], return_tensors="pt", max_patches=4)
    context = golden["token_ids"]["<IMG_CONTEXT>"]
    wanted = inputs["pixel_values"].shape[0] * golden["num_image_token"]
    got = int((inputs["input_ids"] == context).sum())
    check("image tokens of a picture", got == wanted and wanted > golden["num_image_token"], f"{got} instead of {wanted}")
    side = config.vision_config.image_size[0]
    check("tiles", tuple(inputs["pixel_values"].shape[1:]) == (3, side, side), tuple(inputs["pixel_values"].shape))

    return ""


def check_tokenizer(folder, table):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    for row in table["strings"]:
        # <video> is a token in this dialect only, and a piece's old name is no token here: see transformers-files.ts.
        if "<video>" in row["text"] or "[UNUSED_TOKEN_" in row["text"]:
            continue
        ids = tokenizer(row["text"])["input_ids"]
        check(f"ids of {row['text']!r}", ids == row["ids"], f"{ids} instead of {row['ids']}")


main()
