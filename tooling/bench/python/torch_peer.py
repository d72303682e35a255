"""PyTorch + Transformers: vision tower, prompt and steps. Milliseconds."""

import time

import torch
import transformers
from lines import answer_lines
from models import language_model, tile, vision_tower
from transformers import DynamicCache

state = {}


def load(part, shape, dtype, threads, vocabulary=None):
    torch.set_num_threads(threads)
    kind = getattr(torch, dtype)
    if part == "vision":
        state.update(tower=vision_tower(shape, kind), pixels=tile(shape).to(kind))
    else:
        state.update(model=language_model(shape, vocabulary, kind))
    return {"version": f"torch {torch.__version__}, transformers {transformers.__version__}"}


def vision():
    start = time.perf_counter()
    with torch.inference_mode():
        state["tower"](state["pixels"])
    return {"ms": elapsed(start)}


def prefill(tokens):
    start = time.perf_counter()
    prompt(tokens)
    return {"ms": elapsed(start)}


def prompt(tokens):
    state["cache"] = DynamicCache(config=state["model"].config)
    step(tokens)
    return {}


def decode(at, steps, token):
    """A step after `at` tokens that `prompt` has read, on average."""
    cache = state["cache"]
    # A count that is not positive says how many to forget.
    cache.crop(-(cache.get_seq_length() - at))
    following = step([token])
    start = time.perf_counter()
    for _ in range(steps):
        following = step([following])
    return {"ms": elapsed(start) / steps}


def step(tokens):
    with torch.inference_mode():
        output = state["model"](
            input_ids=torch.tensor([tokens]), past_key_values=state["cache"], use_cache=True, logits_to_keep=1
        )
        return int(output.logits[0, -1].argmax())


def elapsed(start):
    return (time.perf_counter() - start) * 1000


answer_lines(load=load, vision=vision, prefill=prefill, prompt=prompt, decode=decode)
