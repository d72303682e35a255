"""Builds the byte-level BPE tokenizer in the files of Qwen2, and writes prompts in the family's template."""

import argparse
import json
import os

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from tasks import vocabulary_texts

PRE_TOKENIZER = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
PAD_TOKEN, START_TOKEN, END_TOKEN = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
IMAGE_START, IMAGE_END, IMAGE_CONTEXT = "<img>", "</img>", "<IMG_CONTEXT>"
ADDED_TOKENS = [
    PAD_TOKEN, START_TOKEN, END_TOKEN, IMAGE_START, IMAGE_END, IMAGE_CONTEXT,
    "<quad>", "</quad>", "<ref>", "</ref>", "<box>", "</box>",
]  # fmt: skip
TOKENS_PER_TILE = 16
MODEL_MAX_LENGTH = 4096

SYSTEM_MESSAGES = {
    "none": None,
    "helpful": "You are a helpful assistant.",
    "internvl": "你是书生·万象，英文名是InternVL，是由上海人工智能实验室、清华大学及多家合作单位联合开发的多模态大语言模型。",
}


def prompt(turns: list[tuple[str, str | None]], system: str | None = None) -> str:
    """The template `internvl2_5`. Turns are (question, answer); the last answer may be None, to be generated."""
    text = f"{START_TOKEN}system\n{system}{END_TOKEN}\n" if system else ""
    for question, answer in turns:
        text += f"{START_TOKEN}user\n{question}{END_TOKEN}\n{START_TOKEN}assistant\n"
        if answer is not None:
            text += f"{answer}{END_TOKEN}\n"
    return text


def place_images(text: str, tile_counts: list[int]) -> str:
    """Each `<image>` becomes <img>, 16 <IMG_CONTEXT> a tile, </img>."""
    for tiles in tile_counts:
        text = text.replace("<image>", IMAGE_START + IMAGE_CONTEXT * (TOKENS_PER_TILE * tiles) + IMAGE_END, 1)
    return text


def build_tokenizer() -> Tokenizer:
    """Merges until every word of the questions, answers and system messages is one token; digits stay single."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PRE_TOKENIZER), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    texts = []
    for text in vocabulary_texts():
        for added in ADDED_TOKENS:
            text = text.replace(added, "\n")
        texts += text.split("\n")
    texts += [message for message in SYSTEM_MESSAGES.values() if message] + ["system", "user", "assistant", "\n"]
    trainer = trainers.BpeTrainer(
        vocab_size=4000,
        min_frequency=1,
        show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in ADDED_TOKENS])
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, folder: str) -> None:
    """vocab.json, merges.txt, added_tokens.json, special_tokens_map.json, tokenizer_config.json, tokenizer.json."""

    def write_json(name: str, content) -> None:
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False, indent=2)
            file.write("\n")

    os.makedirs(folder, exist_ok=True)
    tokenizer.save(os.path.join(folder, "tokenizer.json"), pretty=True)
    tokenizer.model.save(str(folder))  # vocab.json and merges.txt
    added = {token: tokenizer.token_to_id(token) for token in ADDED_TOKENS}
    flags = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False}
    write_json("added_tokens.json", added)
    write_json(
        "special_tokens_map.json",
        {
            "additional_special_tokens": ADDED_TOKENS[1:],
            "eos_token": {"content": END_TOKEN, **flags},
            "pad_token": {"content": PAD_TOKEN, **flags},
        },
    )
    write_json(
        "tokenizer_config.json",
        {
            "add_bos_token": False,
            "add_eos_token": False,
            "add_prefix_space": False,
            "added_tokens_decoder": {
                str(number): {"content": token, **flags, "special": True} for token, number in added.items()
            },
            "additional_special_tokens": ADDED_TOKENS[1:],
            "bos_token": None,
            "clean_up_tokenization_spaces": False,
            "eos_token": END_TOKEN,
            "errors": "replace",
            "model_max_length": MODEL_MAX_LENGTH,
            "pad_token": PAD_TOKEN,
            "split_special_tokens": False,
            "tokenizer_class": "Qwen2Tokenizer",
            "unk_token": None,
        },
    )


def load_tokenizer(folder: str) -> Tokenizer:
    return Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    folder = parser.parse_args().folder
    tokenizer = build_tokenizer()
    save_tokenizer(tokenizer, folder)
    print(f"{tokenizer.get_vocab_size()} tokens in {folder}")


if __name__ == "__main__":
    main()
