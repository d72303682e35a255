"""Merges LoRA with PEFT itself and compares the result with a folder that `internvl-convert` wrote.

    pip install torch peft==0.21.2 safetensors
    npx internvl-convert --input CHECKPOINT --adapter ADAPTER --to original --output_dir OURS
    python lora.py CHECKPOINT OURS ADAPTER[=WEIGHT] ... [--tolerance 1e-6]

CHECKPOINT is a model's folder with safetensors; ADAPTERs are folders that PEFT saved, merged in this order. Without any,
CHECKPOINT has to be the original repository's fine-tuning output (use_llm_lora, use_backbone_lora). Both sides are compared
tensor by tensor in float32, so OURS should be written in fp32. Prints the largest difference and exits with 1 when a
tensor is missing, too much, or further off than the tolerance.

No model code is needed: PEFT looks at the types and names of layers, so layers of the shapes in the checkpoint will do.
Everything is in memory as float32: four bytes a parameter, once for each side. An adapter is found when its names are those of
the checkpoint, of its language model, of its vision model, or of Transformers' model in memory; CHECKPOINT has to be in the
dialect (wqkv, or split q, k and v) that the adapter was trained in.
"""

import argparse
import json
import re
import sys
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.tuners.lora import LoraLayer
from safetensors.torch import load_file
from torch import nn

PARTS = ["", "language_model", "language_model.model", "vision_model", "vision_tower"]
RANKS = {"language_model": "use_llm_lora", "vision_model": "use_backbone_lora"}
EMBEDDINGS = ["embed_tokens", "tok_embeddings"]
PEFT_PREFIX = "base_model.model."


def read(folder):
    """All tensors of a folder, as float32."""
    files = sorted(Path(folder).glob("*.safetensors"))
    if not files:
        sys.exit(f"{folder} holds no safetensors")
    return {name: tensor.float() for file in files for name, tensor in load_file(file).items()}


def layer_of(name, weight, bias):
    if weight is not None and weight.ndim == 2:
        if name.rpartition(".")[2] in EMBEDDINGS:
            return nn.Embedding(*weight.shape)
        return nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
    if weight is not None and weight.ndim == 4:
        return nn.Conv2d(weight.shape[1], weight.shape[0], tuple(weight.shape[2:]), bias=bias is not None)
    return nn.Module()


def skeleton(state):
    """Layers of the kinds and shapes that follow from the tensors, with their numbers."""
    root = nn.Module()
    for path in sorted({name.rpartition(".")[0] for name in state}, key=lambda path: path.count(".")):
        parent = root
        *outer, last = path.split(".")
        for part in outer:
            if part not in parent._modules:
                parent.add_module(part, nn.Module())
            parent = parent._modules[part]
        layer = layer_of(path, state.get(f"{path}.weight"), state.get(f"{path}.bias"))
        for child_name, child in parent._modules.get(last, nn.Module())._modules.items():
            layer.add_module(child_name, child)
        parent.add_module(last, layer)
    for name, tensor in state.items():
        path, _, last = name.rpartition(".")
        layer = root.get_submodule(path)
        if last not in layer._parameters or layer._parameters[last] is None:
            layer.register_parameter(last, nn.Parameter(tensor.clone()))
    root.load_state_dict(state)
    return root


def memory_name(name):
    """Transformers' names in files to those of `InternVLForConditionalGeneration` in memory."""
    name = re.sub(r"^language_model\.lm_head\.", "lm_head.", name)
    name = re.sub(r"^language_model\.model\.", "language_model.", name)
    return re.sub(r"^(?=language_model\.|vision_tower\.|multi_modal_projector\.)", "model.", name)


def targets_of(folder):
    names = load_file(Path(folder) / "adapter_model.safetensors")
    found = (re.match(r"(?:base_model\.model\.)?(.+)\.lora_A\.", name) for name in names)
    return {match[1] for match in found if match}


def set_submodule(root, path, module):
    if path == "":
        return module
    parent, _, last = path.rpartition(".")
    root.get_submodule(parent).add_module(last, module)
    return root


def merge_adapter(state, folder, weight):
    targets = targets_of(folder)
    for rename in (lambda name: name, memory_name):
        names = {rename(name): name for name in state}
        model = skeleton({new: state[name] for new, name in names.items()})
        modules = {path for path, _ in model.named_modules()}
        for part in PARTS:
            prefix = f"{part}." if part else ""
            if not all(prefix + target in modules for target in targets):
                continue
            wrapped = PeftModel.from_pretrained(model.get_submodule(part), str(folder))
            for layer in wrapped.modules():
                if isinstance(layer, LoraLayer):
                    layer.set_scale("default", weight)
            model = set_submodule(model, part, wrapped.merge_and_unload())
            return {names[new]: tensor for new, tensor in model.state_dict().items()}
    sys.exit(f"{folder} does not fit the names of the checkpoint")


def merge_trained(state, folder):
    """As the original's tools/merge_lora.py: alpha is twice the rank."""
    config = json.loads((Path(folder) / "config.json").read_text())
    for part, field in RANKS.items():
        prefix = f"{part}.{PEFT_PREFIX}"
        inner = {n.removeprefix(prefix).replace(".base_layer.", "."): t for n, t in state.items() if n.startswith(prefix)}
        if not inner:
            continue
        factors = {name: tensor for name, tensor in inner.items() if ".lora_" in name}
        plain = {name: tensor for name, tensor in inner.items() if ".lora_" not in name}
        targets = sorted({name.partition(".lora_")[0] for name in factors})
        rank = config[field]
        wrapped = get_peft_model(skeleton(plain), LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=targets))
        named = {PEFT_PREFIX + name: tensor for name, tensor in factors.items()}
        unknown = wrapped.load_state_dict(named, strict=False).unexpected_keys
        if unknown:
            sys.exit(f"not understood: {unknown[:8]}")
        merged = {f"{part}.{name}": tensor for name, tensor in wrapped.merge_and_unload().state_dict().items()}
        state = {name: tensor for name, tensor in state.items() if not name.startswith(prefix)} | merged
    return state


def compare(reference, ours, tolerance):
    problems = [f"missing: {name}" for name in sorted(reference.keys() - ours.keys())]
    problems += [f"too much: {name}" for name in sorted(ours.keys() - reference.keys())]
    largest = 0.0
    for name in sorted(reference.keys() & ours.keys()):
        if reference[name].shape != ours[name].shape:
            problems.append(f"{name} is {list(ours[name].shape)} and not {list(reference[name].shape)}")
            continue
        difference = (reference[name] - ours[name]).abs().max().item() if reference[name].numel() else 0.0
        largest = max(largest, difference)
        if not difference <= tolerance:
            problems.append(f"{name} is off by {difference:.3g}")
    return largest, problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("ours")
    parser.add_argument("adapters", nargs="*", metavar="ADAPTER[=WEIGHT]")
    parser.add_argument("--tolerance", type=float, default=1e-6)
    options = parser.parse_args()
    state = read(options.checkpoint)
    with torch.no_grad():
        if not options.adapters:
            state = merge_trained(state, options.checkpoint)
        for adapter in options.adapters:
            folder, _, weight = adapter.partition("=")
            state = merge_adapter(state, folder, float(weight or 1))
        largest, problems = compare(state, read(options.ours), options.tolerance)
    print(f"{len(state)} tensors, largest difference {largest:.3g}")
    print("\n".join(problems[:40]))
    sys.exit(1 if problems else 0)


main()
