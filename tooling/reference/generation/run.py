"""Runs a case, and tells whether its answer would be the same on another machine."""

import torch
from transformers import GenerationConfig
from transformers.generation import StopStringCriteria

from .draws import Draws, TooFewTokens, drawing
from .prefix import prefix_function

# What is added to the logits to find decisions that are close. Runtimes differ by up to 2e-5.
NUDGE = 1e-3
# Where options cut off a part of the vocabulary, hundreds of tokens lie near the border.
CUTTING_NUDGE = 2e-4
CUTTING = ("top_h", "top_p", "min_p", "typical_p", "epsilon_cutoff", "eta_cutoff")
NUDGES = 4


def generate(checkpoint, case):
    """Transformers' `generate` for a case, all outputs kept, and how often prompt lookup was asked for a guess."""
    options = dict(case["options"])
    prefix = prefix_function(options.pop("prefix_allowed_tokens_fn", None))
    seed = options.pop("seed", 0)
    options |= {"output_scores": True, "output_logits": True, "return_dict_in_generate": True}
    inputs = checkpoint.tensors(case)
    prompts = len(case["input_ids"])
    rows = prompts if options.get("num_beams", 1) > 1 else prompts * options.get("num_return_sequences", 1)
    extra = {"tokenizer": checkpoint.tokenizer} if "stop_strings" in options else {}
    checkpoint.forget_lengths()
    draws = Draws(seed, rows)
    with torch.no_grad(), drawing(draws, inputs["input_ids"].shape[1]):
        output = checkpoint.model.generate(
            **inputs, **extra, generation_config=GenerationConfig(**options), prefix_allowed_tokens_fn=prefix
        )
    output.lookups = draws.lookups
    return output


def nudged(checkpoint, case, amount, generator):
    def shift(_module, _inputs, logits):
        return logits + (torch.rand(logits.shape, generator=generator) * 2 - 1) * amount

    hook = checkpoint.model.lm_head.register_forward_hook(shift)
    try:
        return generate(checkpoint, case)
    finally:
        hook.remove()


def run_robust(checkpoint, case, generator):
    """The output, or None where a small change of the logits changes what is chosen or ruled out."""
    try:
        output = generate(checkpoint, case)
        options = case["options"]
        cuts = options.get("do_sample", False) and (options.get("top_k", 50) > 0 or any(name in options for name in CUTTING))
        amount = CUTTING_NUDGE if cuts else NUDGE
        for _ in range(NUDGES):
            if not same_choices(checkpoint, case, output, nudged(checkpoint, case, amount, generator)):
                return None
    except TooFewTokens:
        return None
    return output


def same_choices(checkpoint, case, one, other):
    if one.sequences.shape != other.sequences.shape or not torch.equal(one.sequences, other.sequences):
        return False
    if "beam_indices" in one and not torch.equal(one.beam_indices, other.beam_indices):
        return False
    alive = living_rows(checkpoint, case, one)
    return len(one.scores) == len(other.scores) and all(
        torch.equal(a.isneginf()[rows], b.isneginf()[rows]) for a, b, rows in zip(one.scores, other.scores, alive)
    )


def living_rows(checkpoint, case, output):
    """For each step the rows of its scores that had not ended. What becomes of the others is nobody's concern."""
    if "beam_indices" in output:
        return [torch.ones(len(scores), dtype=torch.bool) for scores in output.scores]
    counts = torch.tensor([count for count, _ in endings(checkpoint, case, output)])
    return [step < counts for step in range(len(output.scores))]


def endings(checkpoint, case, output):
    """New tokens of each sequence, padding not counted, and why it ended: `eos`, `stop_string` or `length`."""
    options = case["options"]
    start = len(case["input_ids"][0])
    strings = options.get("stop_strings")
    criteria = strings and StopStringCriteria(checkpoint.tokenizer, strings)
    result = []
    for row in output.sequences:
        for end in range(start + 1, len(row) + 1):
            if int(row[end - 1]) in options.get("eos_token_id", []):
                result.append((end - start, "eos"))
                break
            if criteria and bool(criteria(row[None, :end], None)):
                result.append((end - start, "stop_string"))
                break
        else:
            result.append((len(row) - start, "length"))
    return result
