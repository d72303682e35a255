"""Processors and warpers over plain tables of logits: `processors.json`, each option alone and random ones together."""

import torch
from transformers import GenerationConfig
from transformers.generation import GenerationMixin

from .options import PROCESSORS, WARPERS, Place, possible
from .prefix import prefix_function
from .store import Store

ALONE = 3
TOGETHER = 60
# With a token that the table lacks, as a picture's placeholder can be; only the penalty is made for that.
OUTSIDE = "repetition_penalty"


class NoModel(GenerationMixin):
    """As much of a model as `_get_logits_processor` asks for."""

    class config:
        is_encoder_decoder = False


def build(case):
    """Transformers' own chain for a case, in Transformers' own order."""
    options = dict(case["options"])
    prefix = prefix_function(options.pop("prefix_allowed_tokens_fn", None))
    config = GenerationConfig(**options)
    config.update(**GenerationConfig._get_default_generation_params(), defaults_only=True)
    config._eos_token_tensor = torch.tensor(options["eos_token_id"])
    model = NoModel()
    config = model._prepare_generated_length(
        config,
        has_default_max_length="max_length" not in options,
        has_default_min_length="min_length" not in options,
        model_input_name="input_ids",
        input_ids_length=case["prompt_length"],
        inputs_tensor=None,
    )
    mask = case["attention_mask"]
    return model._get_logits_processor(
        config,
        input_ids_seq_length=case["prompt_length"],
        prefix_allowed_tokens_fn=prefix,
        logits_processor=[],
        device="cpu",
        model_kwargs={"attention_mask": None if mask is None else torch.tensor(mask)},
    )


def run(case, logits):
    return build(case)(torch.tensor(case["input_ids"]), logits.clone())


def holds(case, logits, expected):
    """Whether what is cut off stays the same in float64 and under changes of a hundred thousandth: no border is hit."""
    if expected.isnan().any() or expected.isposinf().any() or expected.isneginf().all(dim=-1).any():
        return False
    for scale in (1.0, 1 + 2e-5, 1 - 2e-5):
        again = run(case, logits.double() * scale)
        if again.isnan().any() or not torch.equal(again.isneginf(), expected.isneginf()):
            return False
    return True


def draw_logits(random, rows, vocab_size, invalid):
    """Near each other, far apart, with ties, mostly ruled out; or with values that are no numbers, `invalid` of them."""
    normal = torch.from_numpy(random.standard_normal((rows, vocab_size))).float()
    kind = str(random.choice(["invalid"] if invalid is not None else ["flat", "peaked", "tied", "ruled_out"]))
    if kind == "flat":
        return kind, normal * 0.5
    if kind == "peaked":
        return kind, normal * 6
    if kind == "tied":
        return kind, (normal * 2).round()
    places = torch.from_numpy(random.random((rows, vocab_size)))
    if kind == "ruled_out":
        return kind, normal.where(places < 0.4, -torch.inf)
    for index, value in enumerate(invalid):
        normal = normal.masked_fill((places * 10).floor() == index, value)
    return kind, normal


def invalid_values(names):
    """What a table may hold that is no number; None where nothing would take it out again."""
    if "remove_invalid_values" not in names:
        return None
    # What rules a token out makes NaN of infinity, and Transformers then lets it through with a score of 0.
    if {"prefix_allowed_tokens_fn", "bad_words_ids"}.intersection(names):
        return [-torch.inf]
    return [torch.nan, -torch.inf, torch.inf]


def draw_inputs(random, vocab_size, names):
    rows = int(random.choice([1, 2, 4]))
    prompt_length = 1 if "forced_bos_token_id" in names else int(random.integers(4, 12))
    length = prompt_length + int(random.integers(0, 5)) * (random.random() < 0.6)
    if names == ["forced_bos_token_id"]:
        length = prompt_length
    # Of few tokens, so that n-grams do repeat.
    input_ids = random.integers(0, 7, (rows, length))
    if names == [OUTSIDE]:
        input_ids[0, -1] = vocab_size + 5
    mask = None
    if prompt_length > 3 and random.random() < 0.6:
        padding = random.integers(0, prompt_length // 2 + 1, rows)
        padding[int(random.integers(rows))] = 0
        mask = [[0] * int(count) + [1] * (prompt_length - int(count)) for count in padding]
        for row, count in enumerate(padding):
            input_ids[row, :count] = 6
    return input_ids.tolist(), mask, prompt_length


def draw_case(random, name, names):
    """A case whose options are `names`; of their values and the logits nothing is known."""
    vocab_size = int(random.integers(24, 130))
    eos = [int(token) for token in random.choice(vocab_size, int(random.integers(1, 3)), replace=False)]
    input_ids, mask, prompt_length = draw_inputs(random, vocab_size, names)
    new_tokens = len(input_ids[0]) - prompt_length
    place = Place(random, vocab_size, eos, prompt_length, input_ids)
    options = {"eos_token_id": eos, "max_new_tokens": max(8, new_tokens + 1)}
    if "forced_eos_token_id" in names and random.random() < 0.7:
        options["max_new_tokens"] = new_tokens + 1
    for option in names:
        options |= {**PROCESSORS, **WARPERS}[option](place)
    if any(option in WARPERS for option in names):
        options["do_sample"] = True
        # Transformers' default would cut off with every other warper.
        options.setdefault("top_k", 0)
    if len(input_ids) > 1 and random.random() < 0.4:
        options["num_beams"] = 2
    kind, logits = draw_logits(random, len(input_ids), vocab_size, invalid_values(names))
    case = {
        "name": name,
        "logits": kind,
        "options": options,
        "input_ids": input_ids,
        "attention_mask": mask,
        "prompt_length": prompt_length,
        "vocab_size": vocab_size,
    }
    return case, logits


def fits(options, prompt_length):
    shortest = max(options.get("min_length", 0), prompt_length + options.get("min_new_tokens", 0))
    return possible(options) and shortest <= prompt_length + options["max_new_tokens"]


def kept_case(random, name, names, acts):
    """`acts`: the options have to change something, which not all do at every length."""
    for _ in range(500):
        case, logits = draw_case(random, name, names)
        if not fits(case["options"], case["prompt_length"]):
            continue
        try:
            expected = run(case, logits)
        except ValueError:
            # Nothing is left to choose from, and a warper refuses that.
            continue
        if acts and torch.equal(expected, logits):
            continue
        if holds(case, logits, expected):
            return case, logits, expected
    raise SystemExit(f"no case of {names} was found whose borders are clear")


def write_tables(folder, random, about):
    store = Store(folder, "processors", about)
    every = [*PROCESSORS, *WARPERS]
    # One of each kind may be idle.
    plans = [(f"{option}-{index}", [option], index > 0) for option in every for index in range(ALONE)]
    for index in range(TOGETHER):
        count = int(random.integers(2, 9))
        names = [str(name) for name in random.choice(every, count, replace=False)]
        plans.append((f"together-{index}", names, True))
    for name, names, acts in plans:
        case, logits, expected = kept_case(random, name, names, acts)
        store.add(case, logits=logits, expected=expected)
    store.write()
    return len(store.cases)
