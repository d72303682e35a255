import json

import pytest

from scenes import COLOR_NAMES, SHAPE_NAMES, SIGN_WORDS
from tokenizer import ADDED_TOKENS, SYSTEM_MESSAGES, build_tokenizer, place_images, prompt, save_tokenizer


@pytest.fixture(scope="module")
def tokenizer():
    return build_tokenizer()


@pytest.mark.parametrize("text", ["How many stars are there?", "naïve 東京 🚀\t\r\n  x", "", "<ref>a</ref><box>[[0, 50]]</box>"])
def test_any_text_survives_the_round_trip(tokenizer, text):
    assert tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False) == text


def test_words_are_one_token_and_digits_are_single(tokenizer):
    for word in [*COLOR_NAMES, *SHAPE_NAMES, *SIGN_WORDS]:
        assert len(tokenizer.encode(" " + word).ids) == 1
    assert tokenizer.encode("427").tokens == ["4", "2", "7"]


def test_added_tokens_follow_the_merged_ones(tokenizer, tmp_path):
    save_tokenizer(tokenizer, tmp_path)
    vocabulary = json.loads((tmp_path / "vocab.json").read_text())
    added = json.loads((tmp_path / "added_tokens.json").read_text())
    assert sorted(vocabulary.values()) == list(range(len(vocabulary)))
    assert list(added) == ADDED_TOKENS
    assert list(added.values()) == list(range(len(vocabulary), len(vocabulary) + len(added)))
    assert (tmp_path / "merges.txt").read_text().startswith("#version: 0.2\n")


def test_pieces_add_up_to_the_whole_prompt(tokenizer):
    from batches import Encoder

    encoder = Encoder(tokenizer)
    for system in SYSTEM_MESSAGES.values():
        turns = [("<image>\nHow many stars are there?", "2"), ("Where is the red star?", None)]
        whole = tokenizer.encode(place_images(prompt(turns, system), [5])).ids
        pieces = encoder.prefix(5, system) + encoder.question("How many stars are there?") + encoder.answer("2")
        pieces += encoder.next_turn() + encoder.question("Where is the red star?")
        assert pieces == whole
