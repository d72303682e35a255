"""Cases as JSON, their tables beside them as safetensors: every bit of a float32 survives, infinity too."""

import json

import torch
from safetensors.torch import save_file


class Store:
    """Writes `NAME.json` (`{...about, cases}`, one case a line) and `NAME.safetensors` (tensors `CASE.FIELD`)."""

    def __init__(self, folder, name, about):
        self.folder, self.name, self.about = folder, name, about
        self.cases, self.tensors = [], {}

    def add(self, case, **tensors):
        name = case["name"]
        assert "." not in name and name not in {other["name"] for other in self.cases}, name
        self.cases.append(case)
        for field, tensor in tensors.items():
            self.tensors[f"{name}.{field}"] = tensor.to(torch.float32).contiguous()

    def write(self):
        lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in self.about.items()]
        cases = ",\n".join(json.dumps(case, ensure_ascii=False) for case in self.cases)
        text = "{\n" + ",\n".join([*lines, f'"cases": [\n{cases}\n]']) + "\n}\n"
        (self.folder / f"{self.name}.json").write_text(text, encoding="utf-8")
        if self.tensors:
            save_file(self.tensors, self.folder / f"{self.name}.safetensors")
