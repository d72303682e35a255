"""Random values for every option that stands for a logits processor or warper."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Place:
    """Where in a generation the options act."""

    random: np.random.Generator
    vocab_size: int
    eos_token_id: list[int]
    prompt_length: int
    # Tokens of each row, prompt included: [rows][length].
    rows: list[list[int]]
    # How many of the lengths that a row has had matter: sequences that are to match are cut out of it there.
    steps: int = 1

    def uniform(self, low, high):
        return round(float(self.random.uniform(low, high)), 4)

    def integer(self, low, high):
        """Both ends are possible."""
        return int(self.random.integers(low, high + 1))

    def tokens(self, most):
        return [int(token) for token in self.random.choice(self.vocab_size, self.integer(1, most), replace=False)]

    def sequences(self):
        """Tokens alone, sequences that complete what rows end with, and some that no row has."""
        result = [[token] for token in self.tokens(4)]
        for row in self.rows:
            end = self.integer(max(1, len(row) - self.steps + 1), len(row))
            prefix = row[max(0, end - self.integer(1, 3)) : end]
            if all(token < self.vocab_size for token in prefix):
                result += [[*prefix, token] for token in self.tokens(3)]
        result.append(self.tokens(3))
        unique = {tuple(sequence): sequence for sequence in result}
        return list(unique.values())


def sequence_bias(place):
    return {"sequence_bias": [[ids, place.uniform(-6, 6)] for ids in place.sequences()]}


def bad_words_ids(place):
    # An end token alone is no bad word, which a case has to have as well.
    return {"bad_words_ids": [*place.sequences(), *([place.eos_token_id[:1]] if place.random.random() < 0.3 else [])]}


def prefix_allowed_tokens_fn(place):
    lists = [place.tokens(max(2, place.vocab_size // 2)) for _ in range(place.integer(1, 4))]
    return {"prefix_allowed_tokens_fn": {"by_length": lists, "batch_shift": place.integer(0, 2)}}


def forced_eos_token_id(place):
    eos = place.eos_token_id
    return {"forced_eos_token_id": eos[0] if len(eos) == 1 or place.random.random() < 0.5 else eos}


def exponential_decay_length_penalty(place):
    return {"exponential_decay_length_penalty": [place.integer(0, 3), place.uniform(1.01, 1.6)]}


PROCESSORS = {
    "sequence_bias": sequence_bias,
    "repetition_penalty": lambda place: {"repetition_penalty": place.uniform(0.6, 2.0)},
    "no_repeat_ngram_size": lambda place: {"no_repeat_ngram_size": place.integer(1, 3)},
    "bad_words_ids": bad_words_ids,
    "min_length": lambda place: {"min_length": place.prompt_length + place.integer(0, 5)},
    "min_new_tokens": lambda place: {"min_new_tokens": place.integer(1, 5)},
    "prefix_allowed_tokens_fn": prefix_allowed_tokens_fn,
    "forced_bos_token_id": lambda place: {"forced_bos_token_id": place.integer(0, place.vocab_size - 1)},
    "forced_eos_token_id": forced_eos_token_id,
    "remove_invalid_values": lambda place: {"remove_invalid_values": True},
    "exponential_decay_length_penalty": exponential_decay_length_penalty,
    "suppress_tokens": lambda place: {"suppress_tokens": place.tokens(8)},
    "begin_suppress_tokens": lambda place: {"begin_suppress_tokens": place.tokens(8)},
    "renormalize_logits": lambda place: {"renormalize_logits": True},
}

# They only act with do_sample.
WARPERS = {
    "temperature": lambda place: {"temperature": place.uniform(0.3, 1.9)},
    "top_h": lambda place: {"top_h": place.uniform(0.2, 1.0)},
    "top_k": lambda place: {"top_k": place.integer(1, place.vocab_size)},
    "top_p": lambda place: {"top_p": place.uniform(0.05, 0.99)},
    "min_p": lambda place: {"min_p": place.uniform(0.001, 0.5)},
    "typical_p": lambda place: {"typical_p": place.uniform(0.05, 0.99)},
    "epsilon_cutoff": lambda place: {"epsilon_cutoff": place.uniform(0.001, 0.1)},
    "eta_cutoff": lambda place: {"eta_cutoff": place.uniform(0.001, 0.3)},
}


def possible(options):
    """Whether both Transformers and the project take these options together."""
    suppressed = set(options.get("suppress_tokens", []))
    for name in ("forced_bos_token_id", "forced_eos_token_id"):
        forced = options.get(name, [])
        if suppressed.intersection(forced if isinstance(forced, list) else [forced]):
            return False
    return True
