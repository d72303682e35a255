"""Asks about scenes of a pool and scores the answers; the same scoring rule as for the held-out set.

As a command it prints the accuracy of an exported model on the validation scenes of a pool, in every way of asking.
"""

import argparse
import os
import random
import re

from batches import Encoder, Pool, image_context_id
from export import load_exported
from generate import generate
from tasks import TASK_WEIGHTS, ask
from tokenizer import END_TOKEN, SYSTEM_MESSAGES

BOX = re.compile(r"\[\[(\d+), (\d+), (\d+), (\d+)\]\]")
BOX_TASKS = ("box", "textbox")
IOU_THRESHOLD = 0.5
ALL_TASKS = tuple(TASK_WEIGHTS)
SEED = 7  # of the questions


def intersection_over_union(first: list[int], second: list[int]) -> float:
    wide = max(0, min(first[2], second[2]) - max(first[0], second[0]))
    high = max(0, min(first[3], second[3]) - max(first[1], second[1]))
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (first, second))
    union = areas - wide * high
    return wide * high / union if union > 0 else 0.0


def is_correct(task: str, answer: str, given: str) -> bool:
    """Exact match; for boxes, the first [[x1, y1, x2, y2]] overlaps the true box with IoU > 0.5."""
    if task not in BOX_TASKS:
        return given == answer
    found = BOX.search(given)
    if not found:
        return False
    true_box = [int(number) for number in BOX.search(answer).groups()]
    return intersection_over_union(true_box, [int(number) for number in found.groups()]) > IOU_THRESHOLD


def questions_of(scenes: list[dict], per_task: int, seed: int, tasks) -> list[tuple]:
    """(task, scene index, question, answer), at most `per_task` of each task."""
    rng = random.Random(seed)
    found = []
    for task in tasks:
        asked = 0
        for index, scene in enumerate(scenes):
            if asked == per_task:
                break
            if task in ("count", "yesno", "color") and not scene["shapes"]:
                continue
            item = ask(rng, scene, task)
            if item:
                found.append((task, index, item[1], item[2]))
                asked += 1
    return found


def answer_prompts(model, tokenizer, prompts: list) -> list[str]:
    answers = generate(model, prompts, image_context_id(tokenizer), tokenizer.token_to_id(END_TOKEN))
    return [tokenizer.decode(answer, skip_special_tokens=False) for answer in answers]


def evaluate(model, tokenizer, pool: Pool, per_task: int, tasks=ALL_TASKS, system: str | None = None) -> dict:
    """Task -> [correct, asked]."""
    encoder = Encoder(tokenizer)
    questions = questions_of(pool.scenes, per_task, SEED, tasks)
    prompts = []
    for _, index, question, _ in questions:
        ids = encoder.prefix(pool.scenes[index]["tiles"], system) + encoder.question(question)
        prompts.append((ids, pool.pixels([index])))
    return score(questions, answer_prompts(model, tokenizer, prompts))


def evaluate_dialogues(model, tokenizer, pool: Pool, per_task: int, tasks=ALL_TASKS) -> dict:
    """The same as the second turn of a dialogue, after a question about the same picture and its true answer."""
    encoder = Encoder(tokenizer)
    rng = random.Random(SEED)
    questions = questions_of(pool.scenes, per_task, SEED + 3, tasks)
    prompts = []
    for _, index, question, _ in questions:
        _, earlier_question, earlier_answer = ask(rng, pool.scenes[index])
        ids = encoder.prefix(pool.scenes[index]["tiles"], None)
        ids = ids + encoder.question(earlier_question) + encoder.answer(earlier_answer)
        prompts.append((ids + encoder.next_turn() + encoder.question(question), pool.pixels([index])))
    return score(questions, answer_prompts(model, tokenizer, prompts))


def score(questions: list[tuple], answers: list[str]) -> dict[str, list[int]]:
    scores: dict[str, list[int]] = {}
    for (task, _, _, answer), given in zip(questions, answers):
        correct_and_asked = scores.setdefault(task, [0, 0])
        correct_and_asked[0] += is_correct(task, answer, given)
        correct_and_asked[1] += 1
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="exported folder")
    parser.add_argument("pool", help="folder of pool.py")
    parser.add_argument("--per-task", type=int, default=400)
    options = parser.parse_args()
    model, tokenizer = load_exported(options.model)
    single, tiled = (Pool(os.path.join(options.pool, f"validation-{name}")) for name in ("single", "tiled"))
    few = options.per_task // 4
    runs = {
        "one tile": lambda: evaluate(model, tokenizer, single, options.per_task),
        "several tiles": lambda: evaluate(model, tokenizer, tiled, options.per_task),
        "system message 'helpful'": lambda: evaluate(model, tokenizer, single, few, system=SYSTEM_MESSAGES["helpful"]),
        "system message 'internvl'": lambda: evaluate(model, tokenizer, single, few, system=SYSTEM_MESSAGES["internvl"]),
        "second turn": lambda: evaluate_dialogues(model, tokenizer, single, few),
        "second turn, several tiles": lambda: evaluate_dialogues(model, tokenizer, tiled, few),
    }
    for name, run in runs.items():
        percents = {task: f"{100 * right / asked:.1f} ({asked})" for task, (right, asked) in run().items()}
        print(f"{name}: {percents}", flush=True)


if __name__ == "__main__":
    main()
