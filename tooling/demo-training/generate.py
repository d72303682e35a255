"""Greedy answers of the model, several prompts of equal length at a time."""

import torch

from model import InternVLChatModel, normalise


@torch.no_grad()
def generate(model: InternVLChatModel, prompts: list[tuple[list[int], torch.Tensor]], context_id: int, end_id: int,
             max_new_tokens: int = 80, batch_size: int = 48) -> list[list[int]]:  # fmt: skip
    """`prompts` are (token ids, uint8 tiles); returns the new ids of each, without the end token."""
    answers: list[list[int]] = [[] for _ in prompts]
    groups: dict[int, list[int]] = {}
    for index, (ids, _) in enumerate(prompts):
        groups.setdefault(len(ids), []).append(index)
    batches = [group[start : start + batch_size] for group in groups.values() for start in range(0, len(group), batch_size)]
    for batch in batches:
        ids = torch.tensor([prompts[index][0] for index in batch])
        pixels = normalise(torch.cat([prompts[index][1] for index in batch]))
        hidden = model.embed(ids, model.project(model.vision_model(pixels)), context_id)
        length = ids.shape[1]
        caches = [[] for _ in model.language_model.model.layers]
        mask = torch.ones(length, length, dtype=torch.bool).tril()
        hidden = model.language_model.model(hidden, torch.arange(length)[None], mask, caches)
        running = [True] * len(batch)
        for step in range(max_new_tokens):
            chosen = model.language_model.lm_head(hidden[:, -1]).argmax(dim=-1)
            for row, token in enumerate(chosen.tolist()):
                running[row] = running[row] and token != end_id
                if running[row]:
                    answers[batch[row]].append(token)
            if not any(running):
                break
            embeddings = model.language_model.model.embed_tokens(chosen)[:, None]
            hidden = model.language_model.model(embeddings, torch.tensor([[length + step]]), None, caches)
    return answers
