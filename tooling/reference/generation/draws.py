"""The project's seeded draws, written from their description, in the place of torch.multinomial.

Sampling only has one right answer once the numbers that it draws are known. Ours come from xoshiro128** 1.1 (D. Blackman and
S. Vigna), its state filled by splitmix32 with the mixer 16 21f0aaad 15 735a2d97 15. Every row has a stream of its own, 2^64
words after the one before; a number has 53 bits, 27 of one word and 26 of the next. A draw inverts the cumulative
distribution in ascending id, in float64.
"""

import contextlib

import torch

WORD = 0xFFFFFFFF
JUMP = (0x8764000B, 0xF542D2D3, 0x6FA035C3, 0x77F2DB5B)


class TooFewTokens(Exception):
    """Fewer tokens can be drawn than beams need; the project refuses such options."""


def rotate_left(word, bits):
    return ((word << bits) | (word >> (32 - bits))) & WORD


def splitmix32(seed):
    while True:
        seed = (seed + 0x9E3779B9) & WORD
        mixed = ((seed ^ (seed >> 16)) * 0x21F0AAAD) & WORD
        mixed = ((mixed ^ (mixed >> 15)) * 0x735A2D97) & WORD
        yield mixed ^ (mixed >> 15)


class Stream:
    """Numbers in [0, 1)."""

    def __init__(self, state):
        self.state = list(state)

    def word(self):
        s = self.state
        result = (rotate_left((s[1] * 5) & WORD, 7) * 9) & WORD
        shifted = (s[1] << 9) & WORD
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= shifted
        s[3] = rotate_left(s[3], 11)
        return result

    def number(self):
        high, low = self.word() >> 5, self.word() >> 6
        return (high * 2**26 + low) / 2**53

    def jump(self):
        """The stream that begins 2^64 words later."""
        ahead = Stream(self.state)
        total = [0, 0, 0, 0]
        for word in JUMP:
            for bit in range(32):
                if word >> bit & 1:
                    total = [a ^ b for a, b in zip(total, ahead.state)]
                ahead.word()
        return Stream(total)


def streams(seed, count):
    words = splitmix32(seed)
    result = [Stream([next(words) for _ in range(4)])]
    while len(result) < count:
        result.append(result[-1].jump())
    # Each goes on by itself: jumps above started from its beginning.
    return result[:count]


def draw(weights, number):
    """The index whose part of the sum of `weights` holds `number` times that sum."""
    total = 0.0
    for weight in weights:
        total += weight
    target, reached, last = number * total, 0.0, None
    for index, weight in enumerate(weights):
        if weight == 0:
            continue
        reached, last = reached + weight, index
        if reached > target:
            break
    return last


class Draws:
    """A stand-in for torch.multinomial. Row r of what it is given draws from stream r.

    It is given probabilities in float32, and ours are exponentials in float64: the same number falls on another token only
    when it is within rounding of a border, and such cases are not kept (see robust.py).
    """

    def __init__(self, seed, rows):
        self.streams = streams(seed, rows)
        # Prompt lookup asks for several tokens of one row at once and keeps some of them; only those use numbers up.
        self.numbers = []
        self.lookup_position = None
        self.lookups = 0

    def multinomial(self, probabilities, num_samples, *_, **__):
        rows = probabilities.double().tolist()
        if self.lookup_position is not None:
            return torch.tensor([[draw(row, self.numbered(self.lookup_position + i))] for i, row in enumerate(rows)])
        return torch.tensor([self.several(row, num_samples, stream) for row, stream in zip(rows, self.streams)])

    def several(self, weights, count, stream):
        """One after the other, each from what is left."""
        if sum(weight > 0 for weight in weights) < count:
            raise TooFewTokens
        drawn = []
        for _ in range(count):
            drawn.append(draw(weights, stream.number()))
            weights[drawn[-1]] = 0.0
        return drawn

    def numbered(self, position):
        while len(self.numbers) <= position:
            self.numbers.append(self.streams[0].number())
        return self.numbers[position]


@contextlib.contextmanager
def drawing(draws, prompt_length):
    """torch.multinomial is `draws` inside. `prompt_length` is where prompt lookup begins to count."""
    from transformers.generation.candidate_generator import PromptLookupCandidateGenerator as Lookup

    multinomial, get_candidates = torch.multinomial, Lookup.get_candidates

    def counted(generator, input_ids, **kwargs):
        draws.lookup_position = input_ids.shape[1] - prompt_length
        draws.lookups += 1
        return get_candidates(generator, input_ids, **kwargs)

    torch.multinomial, Lookup.get_candidates = draws.multinomial, counted
    try:
        yield
    finally:
        torch.multinomial, Lookup.get_candidates = multinomial, get_candidates
