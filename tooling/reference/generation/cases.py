"""Cases of `generate` on the tiny checkpoints: `models.json`. Each plan draws everything anew until the answer is robust."""

from dataclasses import dataclass, field

import torch

from .checkpoints import draw_prompts
from .options import PROCESSORS, WARPERS, Place
from .run import endings, generate, run_robust
from .store import Store

TRIES = 300


@dataclass
class Plan:
    """What a case is about."""

    name: str
    # How many pictures the prompt of each row has.
    pictures: list[int]
    # Values may be functions of a `Place`.
    options: dict = field(default_factory=dict)
    # Names of `options.py` whose values are drawn.
    drawn: tuple = ()
    # Makes tokens of the answer the end, so that rows end at different times.
    ends: bool = False
    stop_strings: bool = False
    repeat: bool = False
    length: int | None = None
    # Which tables of every step are kept: scores, logits.
    keep: tuple = ("scores",)


def draw_seed(place):
    return int(place.random.integers(0, 2**32))


SAMPLE = {"do_sample": True, "top_k": 0, "seed": draw_seed}
STEPS = {"max_new_tokens": lambda place: place.integer(5, 7)}


def greedy_plans():
    batch = [0, 1, 2]
    yield Plan("greedy", [0], {"max_new_tokens": 8}, keep=("logits",))
    yield Plan("greedy-plain", [1], {**STEPS, "return_dict_in_generate": False}, keep=())
    yield Plan("greedy-batch", batch, {"max_new_tokens": 8}, ends=True, keep=("logits",))
    yield Plan("greedy-pictures", [2, 1], STEPS, keep=())
    yield Plan("lengths-new", [0, 1], {"max_new_tokens": 9, "min_new_tokens": 4}, ends=True)
    yield Plan("lengths-whole", [0], {"max_length": lambda p: p.prompt_length + 8, "min_length": lambda p: p.prompt_length + 3},
               ends=True)
    yield Plan("lengths-default", [0], {}, keep=())
    yield Plan("stop-strings", [0, 1], {"max_new_tokens": 12}, stop_strings=True, keep=())
    yield Plan("stop-strings-and-end", [0, 0, 1], {"max_new_tokens": 12}, stop_strings=True, ends=True, keep=())
    yield Plan("forced-end", [0, 1], {"max_new_tokens": 5}, ("forced_eos_token_id",))
    yield Plan("forced-begin", [0], STEPS, ("forced_bos_token_id", "begin_suppress_tokens"), length=1)
    yield Plan("penalty", batch, STEPS, ("repetition_penalty",), repeat=True)
    yield Plan("ngrams", [0, 1], {"max_new_tokens": 9, "no_repeat_ngram_size": 2}, repeat=True, keep=())
    yield Plan("bias", [0, 1], STEPS, ("sequence_bias", "begin_suppress_tokens"), keep=("scores", "logits"))
    yield Plan("banned", batch, STEPS, ("bad_words_ids", "suppress_tokens"))
    yield Plan("prefix", [1, 0], STEPS, ("prefix_allowed_tokens_fn",))
    yield Plan("decay", [0], {"max_new_tokens": 9}, ("exponential_decay_length_penalty", "renormalize_logits"), ends=True)
    yield Plan("together", [0, 2], {"max_new_tokens": 8},
               ("repetition_penalty", "no_repeat_ngram_size", "sequence_bias", "suppress_tokens", "min_new_tokens"), ends=True)


def sampling_plans():
    yield Plan("sample", [0], {**SAMPLE, **STEPS}, ("temperature",), keep=("scores", "logits"))
    yield Plan("sample-batch", [0, 1, 2], {**SAMPLE, "max_new_tokens": 7}, ends=True)
    for name in WARPERS:
        if name != "temperature":
            yield Plan(f"sample-{name}".replace("_", "-"), [0, 1], {**SAMPLE, "max_new_tokens": 4}, (name,))
    yield Plan("sample-default", [0, 0], {"do_sample": True, "seed": draw_seed, **STEPS})
    yield Plan("sample-answers", [0, 1], {**SAMPLE, "max_new_tokens": 5, "num_return_sequences": 3}, ("temperature",), ends=True)
    yield Plan("sample-pictures", [2], {**SAMPLE, **STEPS, "num_return_sequences": 2}, ("top_p", "repetition_penalty"))
    yield Plan("sample-together", [1, 0], {**SAMPLE, "max_new_tokens": 4},
               ("temperature", "top_k", "top_p", "min_p", "renormalize_logits", "no_repeat_ngram_size"))
    yield Plan("sample-prefix", [0, 0], {**SAMPLE, **STEPS}, ("prefix_allowed_tokens_fn", "min_new_tokens"), ends=True)


def beam_plans():
    for early_stopping in (False, True, "never"):
        for ends in (True, False):
            name = f"beams-{str(early_stopping).lower()}-{'end' if ends else 'length'}"
            yield Plan(name, [0, 1] if ends else [0], {
                "max_new_tokens": 8, "num_beams": lambda place: place.integer(2, 4), "early_stopping": early_stopping,
                "length_penalty": lambda place: place.uniform(-1, 2),
            }, ends=ends, keep=())
    yield Plan("beams-answers", [0, 1, 2], {**STEPS, "num_beams": 3, "num_return_sequences": 3}, ends=True, keep=())
    yield Plan("beams-scores", [0], {"max_new_tokens": 5, "num_beams": 2}, ("renormalize_logits", "repetition_penalty"),
               ends=True, keep=("scores", "logits"))
    yield Plan("beams-processors", [1, 0], {"max_new_tokens": 6, "num_beams": 3, "num_return_sequences": 2},
               ("no_repeat_ngram_size", "sequence_bias", "bad_words_ids", "min_new_tokens"), ends=True, repeat=True, keep=())
    yield Plan("beams-prefix", [0, 0], {**STEPS, "num_beams": 2}, ("prefix_allowed_tokens_fn",), keep=())
    yield Plan("beams-forced-end", [2], {**STEPS, "num_beams": 2}, ("forced_eos_token_id",), keep=())
    yield Plan("beams-stop-strings", [0], {"max_new_tokens": 10, "num_beams": 2}, stop_strings=True, ends=True, keep=())
    sampled = {"do_sample": True, "seed": draw_seed}
    yield Plan("beam-sample", [0], {**sampled, "max_new_tokens": 5, "num_beams": 2, "top_k": 0}, ("temperature",))
    yield Plan("beam-sample-batch", [0, 1], {**sampled, **STEPS, "num_beams": 3, "num_return_sequences": 2}, ends=True, keep=())
    yield Plan("beam-sample-warped", [1, 0], {**sampled, **STEPS, "num_beams": 2, "top_k": 40, "early_stopping": True},
               ("temperature", "top_p"), ends=True, keep=())


def lookup_plans():
    lookup = {"prompt_lookup_num_tokens": lambda place: place.integer(2, 5), "max_new_tokens": 12}
    yield Plan("lookup", [0], lookup, repeat=True, keep=())
    yield Plan("lookup-end", [1], {**lookup, "max_matching_ngram_size": 3}, ends=True, repeat=True)
    yield Plan("lookup-processors", [0], lookup, ("repetition_penalty", "sequence_bias"), repeat=True, keep=())
    yield Plan("lookup-sample", [0], {**lookup, "do_sample": True, "top_k": 2, "seed": draw_seed}, ("temperature",), repeat=True,
               keep=())


def plans():
    return [*greedy_plans(), *sampling_plans(), *beam_plans(), *lookup_plans()]


def draw_case(random, checkpoint, plan):
    """A case of a plan, or None where the model's answer has nothing that the plan is about."""
    case = {"name": plan.name, "checkpoint": checkpoint.name}
    case |= draw_prompts(random, checkpoint, plan.pictures, plan.repeat, plan.length)
    prompts = case["input_ids"]
    place = Place(random, checkpoint.vocab_size, [int(random.choice(checkpoint.text_ids))], len(prompts[0]), prompts)
    options = {"pad_token_id": checkpoint.pad_token_id}
    options |= {name: value(place) if callable(value) else value for name, value in plan.options.items()}
    case["options"] = options
    if not plan.drawn and not plan.ends and not plan.stop_strings:
        return case
    # Without an end the model says what it can be stopped by, and what sequences can be found in it.
    free = generate(checkpoint, {**case, "options": without_minimum(options)})
    place.rows, place.steps = free.sequences.tolist(), free.sequences.shape[1] - len(prompts[0])
    if plan.ends or "forced_eos_token_id" in plan.drawn:
        place.eos_token_id = draw_ends(random, free.sequences[:, len(prompts[0]) :].tolist())
        options["eos_token_id"] = place.eos_token_id
    for name in plan.drawn:
        options |= {**PROCESSORS, **WARPERS}[name](place)
    if plan.stop_strings:
        strings = border_strings(checkpoint.tokenizer, free.sequences[:, len(prompts[0]) :].tolist())
        if not strings:
            return None
        options["stop_strings"] = [str(string) for string in random.permutation(strings)[:2]]
        # Without any end token Transformers lets rows go on behind a stop string until the last has ended.
        options.setdefault("eos_token_id", [checkpoint.golden["token_ids"]["<|im_end|>"]])
    return case


def without_minimum(options):
    return {name: value for name, value in options.items() if not name.startswith("min_new") and name != "min_length"}


def draw_ends(random, answers):
    """One or two tokens of the answers, where they end different rows at different steps."""
    row = answers[int(random.integers(len(answers)))]
    ends = {row[int(random.integers(1, max(2, len(row) - 1)))]}
    if random.random() < 0.5:
        other = answers[int(random.integers(len(answers)))]
        ends.add(other[int(random.integers(len(other)))])
    return sorted(ends)


def border_strings(tokenizer, answers):
    """Texts from the middle of one token into the next, where both are whole characters."""
    found = []
    for answer in answers:
        for left, right in zip(answer[1:], answer[2:]):
            a, b = tokenizer.decode([left]), tokenizer.decode([right])
            whole = tokenizer.decode([left, right])
            clean = all(text and text.isprintable() and "\ufffd" not in text for text in (a, b, whole))
            if clean and whole == a + b and not {left, right} & set(tokenizer.added_tokens_decoder):
                string = a[-max(1, len(a) - 1) :] + b[: max(1, len(b) - 1)]
                if string.strip() == string and string not in found:
                    found.append(string)
    return found


def is_what_was_meant(plan, output, endings_of_case):
    """Rows end at different times where they should, and one by what the plan is about; a guess was right."""
    if "prompt_lookup_num_tokens" in plan.options and output.lookups == len(output.scores):
        return False
    reasons = {reason for _, reason in endings_of_case}
    if plan.stop_strings and "stop_string" not in reasons:
        return False
    if plan.ends and not plan.stop_strings and "eos" not in reasons:
        return False
    apart = plan.ends and len(plan.pictures) > 1 and "num_beams" not in plan.options
    return not apart or len({count for count, _ in endings_of_case}) > 1


def kept_case(random, generator, checkpoint, plan):
    for _ in range(TRIES):
        case = draw_case(random, checkpoint, plan)
        output = case and run_robust(checkpoint, case, generator)
        if not output:
            continue
        found = endings(checkpoint, case, output)
        if is_what_was_meant(plan, output, found):
            return case, output, found
    raise SystemExit(f"no robust case of {plan.name} was found on {checkpoint.name}")


def expectation(output, found):
    expected = {
        "sequences": output.sequences.tolist(),
        "finish_reasons": [reason for _, reason in found],
        "generated_tokens": [count for count, _ in found],
        "steps": len(output.scores),
    }
    if "beam_indices" in output:
        expected["beam_indices"] = output.beam_indices.tolist()
    return expected


def tables(checkpoint, plan, output):
    result = {name: torch.stack(output[name]) for name in plan.keep}
    beams = output.get("beam_indices")
    for name, normalize in (("transition_scores", False), ("normalized_transition_scores", True)):
        result[name] = checkpoint.model.compute_transition_scores(
            output.sequences, output.scores, beams, normalize_logits=normalize
        )
    if beams is not None:
        result["sequences_scores"] = output.sequences_scores
    return result


def write_models(folder, random, generator, checkpoints, about):
    """Plans go round the checkpoints, in an order of the seed's."""
    store = Store(folder, "models", about)
    order = random.permutation(len(checkpoints))
    for index, plan in enumerate(plans()):
        checkpoint = checkpoints[int(order[index % len(order)])]
        if "lookup" in plan.name and checkpoint.scales_with_length:
            checkpoint = next(other for other in checkpoints if not other.scales_with_length)
        case, output, found = kept_case(random, generator, checkpoint, plan)
        store.add({**case, "expected": expectation(output, found)}, **tables(checkpoint, plan, output))
    store.write()
    return len(store.cases)
