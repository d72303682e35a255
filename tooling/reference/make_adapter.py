"""Makes a LoRA adapter with random factors for a checkpoint in the dialect of Transformers, as PEFT saves it.

    python make_adapter.py CHECKPOINT ADAPTER [--seed N]

Every linear layer but the output layer is a target: language model, vision tower and projector. Needs torch, transformers and
peft. `npm run reference` merges such adapters and lets lora.py compare.
"""

import argparse

import torch
from peft import LoraConfig, get_peft_model
from transformers import InternVLForConditionalGeneration
from transformers.utils import logging


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("checkpoint")
    parser.add_argument("adapter")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    logging.set_verbosity_error()
    torch.manual_seed(args.seed)
    model = InternVLForConditionalGeneration.from_pretrained(args.checkpoint, dtype=torch.float32)
    config = LoraConfig(r=4, lora_alpha=12, target_modules="all-linear", rank_pattern={"q_proj": 2})
    wrapped = get_peft_model(model, config)
    for name, parameter in wrapped.named_parameters():
        # PEFT begins with B = 0, which would change nothing.
        if ".lora_B." in name:
            torch.nn.init.normal_(parameter, std=0.1)
    wrapped.save_pretrained(args.adapter)


main()
