import random

from evaluate import is_correct
from scenes import draw_scene, random_size
from tasks import TASK_WEIGHTS, ask

SCENE = {
    "background": "light blue",
    "shapes": [
        {"shape": "star", "color": "red", "box": [0.1, 0.2, 0.3, 0.4]},
        {"shape": "circle", "color": "red", "box": [0.52, 0.5, 0.9, 0.9]},
    ],
    "text": {"kind": "number", "content": "42", "color": "black", "box": [0.1, 0.6, 0.4, 0.8]},
}


def test_answers_are_true():
    answers = {task: ask(random.Random(3), SCENE, task) for task in TASK_WEIGHTS}
    assert answers["describe"][2] == "A red star, a red circle and the number 42 on a light blue background."
    assert answers["number"][2] == "42"
    assert answers["word"] is None
    assert answers["background"][2] == "Light blue."
    assert answers["textbox"][2] == "<ref>number</ref><box>[[100, 600, 400, 800]]</box>"


def test_scoring():
    truth = "<ref>star</ref><box>[[100, 200, 300, 400]]</box>"
    assert is_correct("box", truth, "<ref>star</ref><box>[[100, 200, 300, 450]]</box>")
    assert not is_correct("box", truth, "<ref>star</ref><box>[[300, 200, 500, 400]]</box>")
    assert not is_correct("box", truth, "There is no star.")
    assert is_correct("count", "2", "2") and not is_correct("count", "2", "2.")


def test_scenes_are_reproducible_and_inside_the_picture():
    first, second = (draw_scene(random.Random(11), *random_size(random.Random(1)), "shapes+word") for _ in range(2))
    assert first[1] == second[1] and first[0].tobytes() == second[0].tobytes()
    for item in [*first[1]["shapes"], first[1]["text"]]:
        assert all(0 <= side <= 1 for side in item["box"])
