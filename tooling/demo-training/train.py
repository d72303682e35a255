"""Trains the demo model in two processes of one thread each, with an all-reduce of the gradients.

Stage 1 (`--stage 1`): single tiles. It begins with `--dense-pictures` pictures that only the vision tower sees,
supervised per patch by throw-away heads; then the whole model. Stage 2 (`--stage 2 --start STAGE1.pt`): a mixture of
single tiles and of several tiles with a thumbnail. Scheduled by pictures, with a guard on minutes; a run that was
interrupted continues with the same command.
"""

import argparse
import json
import math
import os
import random
import subprocess
import sys
import time

import torch
import torch.distributed as distributed
import torch.nn.functional as F
from torch import nn

from batches import IGNORED, Encoder, Pool, image_context_id, make_batch
from evaluate import evaluate
from model import InternVLChatModel, LanguageConfig, VisionConfig, normalise
from pool import CHARACTERS
from scenes import COLOR_NAMES, SHAPE_NAMES
from tasks import TASK_WEIGHTS
from tokenizer import load_tokenizer

PROCESSES = 2
WEIGHT_DECAY = 0.05
BETAS = (0.9, 0.98)
CLIP = 1.0
LAST_RATE = 0.02  # of the peak learning rate, at the end of the cosine
CHARACTER_LOSS, INDEX_LOSS, BOX_LOSS, FOREGROUND = 2.0, 0.5, 4.0, 0.7
# Stage 2: share of the steps of each kind of batch.
STAGE2_MIXTURE = {"single": 75, "tiled": 25}


class DenseHeads(nn.Module):
    """Per-patch supervision of the vision tower; not part of the released model."""

    def __init__(self, hidden_size: int):
        super().__init__()
        self.shape = nn.Linear(hidden_size, 1 + len(SHAPE_NAMES))
        self.color = nn.Linear(hidden_size, 1 + len(COLOR_NAMES))
        self.character = nn.Linear(hidden_size, 1 + len(CHARACTERS))
        self.index = nn.Linear(hidden_size, 8)
        self.box = nn.Linear(hidden_size, 4)

    def loss(self, vision_hidden, labels, statistics: dict):
        hidden = vision_hidden[:, 1:].float().flatten(0, 1)
        total = 0.0
        for name, weight in (("shape", 1.0), ("color", 1.0), ("character", CHARACTER_LOSS), ("index", INDEX_LOSS)):
            truth = labels[name].flatten().long()
            logits = getattr(self, name)(hidden).float()
            losses = F.cross_entropy(logits, truth, reduction="none")
            objects = truth > 0
            total = total + weight * (FOREGROUND * losses[objects].mean() + (1 - FOREGROUND) * losses[~objects].mean())
            statistics[name] = (logits.argmax(-1) == truth)[objects].float().mean().item()
        truth = labels["box"].flatten(0, 2).float()
        objects = truth[:, 2] > 0
        distance = (self.box(hidden)[objects].float() - truth[objects]).abs().mean()
        statistics["box"] = distance.item()
        return total + BOX_LOSS * distance


def answer_loss(model: InternVLChatModel, vision_hidden, batch, context_id: int):
    """Cross entropy of the answer tokens, averaged with the square weights."""
    hidden = model.embed(batch.ids, model.project(vision_hidden), context_id)
    hidden = model.language_model.model(hidden, batch.positions, batch.mask)
    targets = batch.labels[:, 1:]
    answered = targets != IGNORED
    logits = model.language_model.lm_head(hidden[:, :-1][answered]).float()
    losses = F.cross_entropy(logits, targets[answered], reduction="none")
    weights = batch.weights[:, 1:][answered]
    return (losses * weights).sum() / weights.sum()


class Trainer:
    def __init__(self, options: argparse.Namespace, rank: int):
        self.options, self.rank = options, rank
        torch.manual_seed(options.seed)
        self.tokenizer = load_tokenizer(options.tokenizer)
        self.encoder = Encoder(self.tokenizer)
        self.context_id = image_context_id(self.tokenizer)
        self.model = InternVLChatModel(
            VisionConfig(num_hidden_layers=options.vision_layers), LanguageConfig(self.tokenizer.get_vocab_size())
        )
        self.heads = DenseHeads(self.model.vision_config.hidden_size)
        self.parameters = [*self.model.parameters(), *self.heads.parameters()]
        matrices = [parameter for parameter in self.parameters if parameter.dim() >= 2]
        vectors = [parameter for parameter in self.parameters if parameter.dim() < 2]
        self.optimizer = torch.optim.AdamW(
            [{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": vectors, "weight_decay": 0.0}],
            lr=options.rate, betas=BETAS, fused=True,
        )  # fmt: skip
        # the gradients, plus rank 0's clock, so that both processes agree on the schedule
        self.flat = torch.zeros(sum(parameter.numel() for parameter in self.parameters) + 1)
        self.single = Pool(os.path.join(options.pool, "single-*"))
        self.tiled = Pool(os.path.join(options.pool, "tiled-*")) if options.stage == 2 else None
        self.validation = {"single": Pool(os.path.join(options.pool, "validation-single"))}
        if options.stage == 2:
            self.validation["tiled"] = Pool(os.path.join(options.pool, "validation-tiled"))
        self.seen = self.step = 0
        self.main_step = None  # the step at which the main phase began
        self.elapsed = 0.0  # seconds of training by rank 0's clock, also before an interruption
        self.averages: dict[str, float] = {}
        if os.path.exists(self.checkpoint_path):
            self.resume()
        elif options.start:
            state = torch.load(options.start)
            self.model.load_state_dict(state["model"])
            self.heads.load_state_dict(state["heads"])
            self.optimizer.load_state_dict(state["optimizer"])
        self.rng = random.Random(options.seed * 1000 + rank + self.step * 7919)
        self.shared_rng = random.Random(options.seed + self.step * 7919)  # the same in both processes

    @property
    def checkpoint_path(self) -> str:
        return os.path.join(self.options.output, "checkpoint.pt")

    def resume(self) -> None:
        state = torch.load(self.checkpoint_path)
        self.model.load_state_dict(state["model"])
        self.heads.load_state_dict(state["heads"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.seen, self.step, self.elapsed = state["seen"], state["step"], state["elapsed"]
        self.main_step = state["main_step"]

    def save(self) -> None:
        if self.rank:
            return
        state = {
            "model": self.model.state_dict(), "heads": self.heads.state_dict(), "optimizer": self.optimizer.state_dict(),
            "seen": self.seen, "step": self.step, "main_step": self.main_step, "elapsed": self.elapsed,
            "vision_layers": self.options.vision_layers,
        }  # fmt: skip
        torch.save(state, self.checkpoint_path + ".partial")
        os.replace(self.checkpoint_path + ".partial", self.checkpoint_path)

    def log(self, *words) -> None:
        if self.rank == 0:
            line = " ".join(str(word) for word in words)
            print(line, flush=True)
            with open(os.path.join(self.options.output, "log.txt"), "a") as file:
                file.write(line + "\n")

    def progress(self) -> float:
        """0 .. 1 of the main phase, by pictures or by the guard on minutes, whichever is further."""
        options = self.options
        by_pictures = (self.seen - options.dense_pictures) / (options.pictures - options.dense_pictures)
        return max(0.0, by_pictures, self.elapsed / 60 / options.minutes if by_pictures > 0 else 0.0)

    def rate(self, progress: float) -> float:
        """Warm-up and constant while only the tower learns; then again a warm-up, and a cosine."""
        if progress <= 0:
            return self.options.rate * min(1.0, (self.step + 1) / self.options.warmup)
        if self.main_step is None:
            self.main_step = self.step
        warm = min(1.0, (self.step - self.main_step + 1) / self.options.warmup)
        return self.options.rate * warm * (LAST_RATE + (1 - LAST_RATE) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))

    def choose_batch(self) -> tuple[str, int]:
        """Kind of batch and, for tiled ones, the number of tiles; both processes choose the same."""
        if self.options.stage == 1:
            return "single", 1
        kind = self.shared_rng.choices(list(STAGE2_MIXTURE), weights=list(STAGE2_MIXTURE.values()))[0]
        counts = sorted(self.tiled.by_tiles)
        # the square root makes rare grids (which are the small, cheap ones) more common than in the pool
        weights = [math.sqrt(len(self.tiled.by_tiles[count])) for count in counts]
        return kind, self.shared_rng.choices(counts, weights=weights)[0] if kind == "tiled" else 1

    def loss(self, progress: float, statistics: dict):
        options = self.options
        kind, tiles = self.choose_batch()
        if kind == "tiled":
            count = max(4, round(options.tile_budget / tiles))
            pool = self.tiled
        else:
            count = options.batch
            pool = self.single
        indices = pool.draw(self.rng, count, tiles)
        vision_hidden = self.model.vision_model(normalise(pool.pixels(indices)))
        self.seen += len(indices) * PROCESSES
        total = 0.0
        if kind == "single":
            only_tower = options.stage == 1 and progress <= 0
            dense_weight = 1.0 if only_tower else 0.5 * (1 - 0.9 * progress)
            total = dense_weight * self.heads.loss(vision_hidden, pool.dense(indices), statistics)
        if progress > 0 or options.stage == 2:
            questions = options.questions if kind != "tiled" else options.tiled_questions
            scenes = [pool.scenes[index] for index in indices]
            batch = make_batch(self.rng, self.encoder, scenes, questions)
            loss = answer_loss(self.model, vision_hidden.float(), batch, self.context_id)
            statistics["answer " + kind] = loss.item()
            total = total + loss
        return total

    def share_gradients(self) -> None:
        offset = 0
        for parameter in self.parameters:
            part = self.flat[offset : offset + parameter.numel()]
            part.zero_() if parameter.grad is None else part.copy_(parameter.grad.view(-1))
            offset += parameter.numel()
        self.flat[-1] = self.elapsed if self.rank == 0 else 0.0
        distributed.all_reduce(self.flat)
        self.elapsed = self.flat[-1].item()
        self.flat.div_(PROCESSES)
        offset = 0
        for parameter in self.parameters:
            parameter.grad = self.flat[offset : offset + parameter.numel()].view_as(parameter)
            offset += parameter.numel()

    def validate(self, per_task: int) -> None:
        """Each process asks half of the tasks."""
        self.model.eval()
        mine = tuple(TASK_WEIGHTS)[self.rank :: PROCESSES]
        for name, pool in self.validation.items():
            gathered = [None] * PROCESSES
            distributed.all_gather_object(gathered, evaluate(self.model, self.tokenizer, pool, per_task, mine))
            scores = {task: score for part in gathered for task, score in part.items()}
            percent = {task: round(100 * scores[task][0] / scores[task][1]) for task in TASK_WEIGHTS}
            self.log(f"VALIDATION {name} {self.elapsed / 60:.1f} min, {self.seen} pictures:", json.dumps(percent))
        self.model.train()

    def run(self) -> None:
        options = self.options
        last, last_log, last_save, last_seen = time.time(), self.elapsed, self.elapsed, self.seen
        next_validation = self.elapsed + options.validate_minutes * 60
        progress = self.progress()
        while progress < 1:
            rate = self.rate(progress)
            for group in self.optimizer.param_groups:
                group["lr"] = rate
            statistics: dict[str, float] = {}
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=not options.float32):
                loss = self.loss(progress, statistics)
            self.optimizer.zero_grad()
            loss.backward()
            self.share_gradients()
            nn.utils.clip_grad_norm_(self.parameters, CLIP)
            self.optimizer.step()
            self.step += 1
            for name, value in statistics.items():
                self.averages[name] = self.averages.get(name, value) * 0.97 + value * 0.03
            now = time.time()
            self.elapsed, last = self.elapsed + now - last, now
            if self.elapsed - last_log > 30 and self.rank == 0:
                speed = (self.seen - last_seen) / (self.elapsed - last_log)
                averages = {name: round(value, 3) for name, value in self.averages.items()}
                self.log(f"{self.elapsed / 60:.1f} min, {self.seen} pictures, {speed:.0f}/s, rate {rate:.2e}", averages)
                last_log, last_seen = self.elapsed, self.seen
            # rank 0's clock as of the all-reduce, so that both processes do the following in the same step
            clock = self.flat[-1].item() * PROCESSES
            if clock - last_save > options.save_minutes * 60:
                last_save = clock
                self.save()
            if clock > next_validation and (progress > 0 or options.stage == 2):
                next_validation = clock + options.validate_minutes * 60
                self.validate(options.validate_questions)
                last = time.time()
            progress = self.progress_of(clock)
        self.save()
        self.log("FINISHED")
        self.validate(200)

    def progress_of(self, clock: float) -> float:
        mine, self.elapsed = self.elapsed, clock
        progress = self.progress()
        self.elapsed = mine
        return progress


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stage", type=int, choices=(1, 2), required=True)
    parser.add_argument("--pool", required=True, help="folder of pool.py")
    parser.add_argument("--tokenizer", required=True, help="folder of tokenizer.py")
    parser.add_argument("--output", required=True, help="folder for checkpoint.pt and log.txt")
    parser.add_argument("--start", help="checkpoint of stage 1 that stage 2 starts from")
    parser.add_argument("--pictures", type=int, required=True, help="pictures to see in this stage")
    parser.add_argument("--dense-pictures", type=int, default=0, help="of these, for the vision tower alone")
    parser.add_argument("--minutes", type=float, required=True, help="guard: the schedule ends here at the latest")
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--warmup", type=int, default=200, help="steps")
    parser.add_argument("--batch", type=int, default=24, help="pictures of one tile in a process")
    parser.add_argument("--tile-budget", type=int, default=36, help="tiles in a process, for tiled batches")
    parser.add_argument("--questions", type=int, default=5, help="per picture of one tile")
    parser.add_argument("--tiled-questions", type=int, default=8)
    parser.add_argument("--vision-layers", type=int, default=6)
    parser.add_argument("--validate-minutes", type=float, default=7)
    parser.add_argument("--validate-questions", type=int, default=60)
    parser.add_argument("--save-minutes", type=float, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--float32", action="store_true", help="without bfloat16 autocast")
    return parser.parse_args()


def main() -> None:
    options = parse_options()
    rank = int(os.environ.get("DEMO_RANK", "0"))
    os.makedirs(options.output, exist_ok=True)
    store = os.path.abspath(os.path.join(options.output, "store"))
    if rank == 0:
        if os.path.exists(store):
            os.remove(store)
        subprocess.Popen([sys.executable, *sys.argv], env={**os.environ, "DEMO_RANK": "1"})
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=PROCESSES)
    trainer = Trainer(options, rank)
    parameters = sum(parameter.numel() for parameter in trainer.model.parameters())
    trainer.log(f"{parameters} parameters, {len(trainer.single)} scenes of one tile,", json.dumps(vars(options)))
    trainer.run()


if __name__ == "__main__":
    main()
