"""Writes what Transformers' `generate` does, for `npm run verify`'s group `sampling`.

    pip install torch==2.13.0 transformers==5.23.0 safetensors numpy pillow
    npm run reference -- sampling DIR --seed 1 --out OUT --python PATH

or, with checkpoints that are in Transformers' dialect already:

    python sampling.py OUT/sampling --seed 1 --golden DIR --converted FOLDERS

`FOLDERS/NAME` is the converted checkpoint DIR/tiny/NAME. Everything is random by the seed: tables of logits, prompts,
pictures (of DIR/tiny/inputs), options. What hangs on a rounding is drawn again.
"""

import argparse
import pathlib

import numpy as np
import torch
import transformers
from transformers.utils import logging

from generation.cases import write_models
from generation.checkpoints import open_checkpoints
from generation.loss import write_loss
from generation.stable import make_stable
from generation.tables import write_tables

VERSIONS = {"torch": "2.13.0", "transformers": "5.23.0"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--golden", type=pathlib.Path, required=True)
    parser.add_argument("--converted", type=pathlib.Path, required=True)
    args = parser.parse_args()
    for module in (torch, transformers):
        wanted, found = VERSIONS[module.__name__], module.__version__.split("+")[0]
        if wanted != found:
            raise SystemExit(f"the reference is {module.__name__} {wanted}, this is {found}")
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    # The models are so small that threads only wait for each other.
    torch.set_num_threads(1)
    make_stable()
    args.out.mkdir(parents=True, exist_ok=True)
    about = {"seed": args.seed, **VERSIONS}
    # Each file by itself, so that one more case of a kind does not change the others.
    tables, models, loss = (np.random.default_rng([args.seed, part]) for part in range(3))
    checkpoints = open_checkpoints(args.golden, args.converted)
    written = write_tables(args.out, tables, about)
    print(f"{written} tables", flush=True)
    generator = torch.Generator().manual_seed(args.seed)
    written = write_models(args.out, models, generator, checkpoints, about)
    print(f"{written} generations", flush=True)
    written = write_loss(args.out, loss, checkpoints, about)
    print(f"{written} losses")


if __name__ == "__main__":
    main()
