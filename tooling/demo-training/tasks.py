"""Questions and true answers about a scene, each task phrased in several ways."""

import random

from scenes import BACKGROUNDS, COLOR_NAMES, SHAPE_NAMES, SIGN_WORDS

BOX_STEP = 50  # box coordinates are multiples of this, in 0 .. 1000

PHRASES = {
    "describe": [
        "Describe this image.", "Describe the image.", "Please describe the image.", "Please describe this image.",
        "Please describe the image shortly.", "Please describe the image in detail.", "Describe the picture.",
        "What is in this image?", "What is in this picture?", "What is in the picture?", "What is shown in the image?",
        "What do you see?", "What can you see in the image?", "What's in this image?",
    ],
    "background": [
        "What color is the background?", "What is the background color?", "Which color is the background?",
        "What is the color of the background?",
    ],
    "count": [
        "How many {things} are there?", "How many {things} are there?", "How many {things} are in the image?",
        "How many {things} are in the picture?", "How many {things} do you see?", "How many {things} can you see?",
        "Count the {things}.",
    ],
    "number": [
        "What number is shown?", "What number is shown?", "What is the number?", "Read the number.",
        "What number is this?", "What number do you see?", "What number is in the image?",
        "Which number is in the picture?",
    ],
    "word": [
        "What does the sign say?", "What does the sign say?", "What does it say?", "What is written on the sign?",
        "What word is shown?", "What is the word?", "Read the sign.", "Read the text.", "What text is shown?",
    ],
    "yesno": [
        "Is there {thing}?", "Is there {thing}?", "Is there {thing} in the image?", "Is there {thing} in the picture?",
        "Do you see {thing}?", "Can you see {thing}?",
    ],
    "color": [
        "What color is the {name}?", "What color is the {name}?", "Which color is the {name}?",
        "What is the color of the {name}?",
    ],
    "shape": ["What shape is {color}?", "Which shape is {color}?", "What is the {color} shape?"],
    "box": [
        "Where is the {name}?", "Where is the {name}?", "Where is the {name} in the image?", "Locate the {name}.",
        "Find the {name}.",
        "Please provide the bounding box coordinates of the region this sentence describes: <ref>{name}</ref>",
    ],
}
TASK_WEIGHTS = {
    "describe": 2.5, "background": 0.3, "count": 1.6, "number": 2.2, "word": 1.2, "yesno": 1.8,
    "color": 1.5, "shape": 0.6, "box": 4.0, "textbox": 1.2, "absent": 0.25,
}  # fmt: skip
# One question in ten is typed carelessly: in lower case, or without the mark at its end, or both.
CARELESS = 0.1
BRITISH = 0.08
def with_article(words: str) -> str:
    return ("an " if words[0] in "aeiou" else "a ") + words


def sentence(words: str) -> str:
    return words[0].upper() + words[1:] + "."


def shape_name(item: dict) -> str:
    return f"{item['color']} {item['shape']}"


def description_answer(scene: dict) -> str:
    parts = [with_article(shape_name(item)) for item in scene["shapes"]]
    if scene["text"]:
        parts.append(f"the {scene['text']['kind']} {scene['text']['content']}")
    listed = parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
    return sentence(f"{listed} on {with_article(scene['background'])} background")


def box_answer(name: str, box: list[float]) -> str:
    rounded = [round(side * 1000 / BOX_STEP) * BOX_STEP for side in box]
    return f"<ref>{name}</ref><box>[[{', '.join(map(str, rounded))}]]</box>"


def alone(scene: dict, key) -> list[dict]:
    """The shapes that no other shape shares `key` with."""
    return [item for item in scene["shapes"] if sum(key(other) == key(item) for other in scene["shapes"]) == 1]


def text_name(scene: dict) -> str:
    return "number" if scene["text"]["kind"] == "number" else "sign"


def count_question(rng: random.Random, scene: dict):
    shapes = scene["shapes"]
    kind = rng.random()
    example = rng.choice(shapes) if shapes else {"color": rng.choice(COLOR_NAMES), "shape": rng.choice(SHAPE_NAMES)}
    color = example["color"] if rng.random() < 0.8 else rng.choice(COLOR_NAMES)
    shape = example["shape"] if rng.random() < 0.8 else rng.choice(SHAPE_NAMES)
    if kind < 0.4 or not shapes:
        return {"things": "shapes"}, str(len(shapes))
    if kind < 0.65:
        return {"things": f"{color} shapes"}, str(sum(item["color"] == color for item in shapes))
    if kind < 0.9:
        return {"things": f"{shape}s"}, str(sum(item["shape"] == shape for item in shapes))
    both = [item for item in shapes if item["shape"] == shape and item["color"] == color]
    return {"things": f"{color} {shape}s"}, str(len(both))


def yesno_question(rng: random.Random, scene: dict):
    shapes, text = scene["shapes"], scene["text"]
    if not shapes or rng.random() < (0.4 if text else 0.12):
        kind = rng.choice(["number", "word", "sign", "shape"])
        present = bool(shapes) if kind == "shape" else bool(text) and (text["kind"] == "number") == (kind == "number")
        return {"thing": with_article(kind)}, sentence("yes" if present else "no")
    item = rng.choice(shapes)
    color, shape = item["color"], item["shape"]
    if rng.random() < 0.55:
        if rng.random() < 0.5:
            color = rng.choice(COLOR_NAMES)
        else:
            shape = rng.choice(SHAPE_NAMES)
    if rng.random() < 0.15:
        present = any(other["shape"] == shape for other in shapes)
        return {"thing": with_article(shape)}, sentence("yes" if present else "no")
    present = any(other["color"] == color and other["shape"] == shape for other in shapes)
    return {"thing": with_article(f"{color} {shape}")}, sentence("yes" if present else "no")


def absent_question(rng: random.Random, scene: dict):
    """A question about something that is not there; the answer says so. Returns (phrases of, values, answer)."""
    missing = [kind for kind in ("number", "word") if not (scene["text"] and scene["text"]["kind"] == kind)]
    present = {shape_name(item) for item in scene["shapes"]}
    if rng.random() < 0.5:
        kind = rng.choice(missing)
        return kind, {}, f"There is no {'number' if kind == 'number' else 'sign'}."
    name = rng.choice([f"{c} {s}" for c in COLOR_NAMES for s in SHAPE_NAMES if f"{c} {s}" not in present])
    return "box", {"name": name}, f"There is no {name}."


def values_and_answer(rng: random.Random, scene: dict, task: str):
    """(phrases of, values for the phrase, answer) or None when the scene has nothing to ask for."""
    shapes, text = scene["shapes"], scene["text"]
    if task == "describe":
        return task, {}, description_answer(scene)
    if task == "background":
        return task, {}, sentence(scene["background"])
    if task == "count":
        return task, *count_question(rng, scene)
    if task in ("number", "word"):
        return (task, {}, text["content"]) if text and text["kind"] == task else None
    if task == "yesno":
        return task, *yesno_question(rng, scene)
    if task == "color":
        if text and (not shapes or rng.random() < 0.15):
            return task, {"name": text_name(scene)}, sentence(text["color"])
        unique = alone(scene, lambda item: item["shape"])
        if not unique:
            return None
        item = rng.choice(unique)
        return task, {"name": item["shape"]}, sentence(item["color"])
    if task == "shape":
        unique = alone(scene, lambda item: item["color"])
        if not unique:
            return None
        item = rng.choice(unique)
        return task, {"color": item["color"]}, sentence(with_article(item["shape"]))
    if task == "box":
        unique = alone(scene, shape_name)
        if not unique:
            return None
        item = rng.choice(unique)
        short = rng.random() < 0.25 and item in alone(scene, lambda other: other["shape"])
        name = item["shape"] if short else shape_name(item)
        return task, {"name": name}, box_answer(name, item["box"])
    if task == "textbox":
        if not text:
            return None
        return "box", {"name": text_name(scene)}, box_answer(text_name(scene), text["box"])
    if task == "absent":
        return absent_question(rng, scene)
    raise ValueError(f"unknown task {task!r}, expected one of {', '.join(TASK_WEIGHTS)}")


def possible_tasks(scene: dict) -> dict[str, float]:
    weights = dict(TASK_WEIGHTS)
    if not scene["shapes"]:
        weights.update(count=0.3, yesno=0.7, color=0.2, shape=0, box=0)
    elif len(scene["shapes"]) > 1:
        weights.update(yesno=3.0, color=2.5, box=8.0)
    if not scene["text"]:
        weights.update(number=0, word=0, textbox=0)
    else:
        weights["word" if scene["text"]["kind"] == "number" else "number"] = 0
    return weights


def careless(rng: random.Random, question: str) -> str:
    if rng.random() < BRITISH:
        question = question.replace("color", "colour")
    if rng.random() < CARELESS and "<" not in question:
        style = rng.randrange(3)
        if style != 0:
            question = question[0].lower() + question[1:]
        if style != 1:
            question = question.rstrip(".?")
    return question


def ask(rng: random.Random, scene: dict, task: str | None = None, typed_carefully: bool = False):
    """A random question: (task, question, answer); None when `task` does not fit the scene."""
    wanted = task
    while True:
        weights = possible_tasks(scene)
        task = wanted or rng.choices(list(weights), weights=list(weights.values()))[0]
        found = values_and_answer(rng, scene, task)
        if found:
            break
        if wanted:
            return None
    phrases_of, values, answer = found
    question = rng.choice(PHRASES[phrases_of]).format(**values)
    return task, question if typed_carefully else careless(rng, question), answer


# Referring to one of several pictures ("Image-1: <image>\nImage-2: <image>\n"). The tokenizer knows these words, so that
# such prompts can be trained; the shipped model was not trained on them.
NUMBERED_PHRASES = {
    "describe": ["Describe Image-{index}.", "What is in Image-{index}?", "What do you see in Image-{index}?"],
    "background": ["What color is the background of Image-{index}?"],
    "count": ["How many {things} are in Image-{index}?", "Count the {things} in Image-{index}."],
    "number": ["What number is shown in Image-{index}?", "What number is in Image-{index}?"],
    "word": ["What does the sign in Image-{index} say?", "What word is shown in Image-{index}?"],
    "yesno": ["Is there {thing} in Image-{index}?", "Do you see {thing} in Image-{index}?"],
    "color": ["What color is the {name} in Image-{index}?"],
    "shape": ["What shape is {color} in Image-{index}?"],
    "box": ["Where is the {name} in Image-{index}?"],
}


def vocabulary_texts() -> list[str]:
    """Texts in which every word of every question and answer occurs, for building the tokenizer."""
    names = [f"{color} {shape}" for color in COLOR_NAMES for shape in SHAPE_NAMES]
    things = ["shapes"] + [f"{shape}s" for shape in SHAPE_NAMES] + [f"{color} shapes" for color in COLOR_NAMES]
    values = {"name": names + ["number", "sign"], "color": COLOR_NAMES, "things": things, "thing": ["a red star"], "index": ["1"]}
    texts = []
    for phrases in list(PHRASES.values()) + list(NUMBERED_PHRASES.values()):
        for phrase in phrases:
            for key, choices in values.items():
                if "{" + key + "}" in phrase:
                    phrase = phrase.replace("{" + key + "}", choices[0])
            texts += [phrase, phrase[0].lower() + phrase[1:], phrase.replace("color", "colour")]
    texts += [f"How many {thing} are there?" for thing in things] + [f"Where is the {name}?" for name in values["name"]]
    texts += [sentence(color) for color in COLOR_NAMES] + [sentence(with_article(shape)) for shape in SHAPE_NAMES]
    texts += [sentence(name) for name in BACKGROUNDS] + ["Yes.", "No.", "There is no number.", "There is no sign."]
    texts += [word for word in SIGN_WORDS] + [f"The word {word} on {with_article(name)} background." for word in SIGN_WORDS for name in BACKGROUNDS]
    texts += ["A red circle, a blue star and the number 4 on a white background.", "an image, The number 1"]
    texts += ["<ref>red circle</ref><box>[[100, 200, 300, 400]]</box>", "Image-1: ", "Image-2: "]
    return texts
