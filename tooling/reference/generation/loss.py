"""The seed's loss, computed with torch from the logits that Transformers gives: `loss.json`."""

import torch
from torch.nn.functional import cross_entropy

from .checkpoints import draw_prompts
from .store import Store


def losses(logits, labels, weights):
    """Mean cross entropy of the next token, and the weighted sum over the sum of weights; both shifted by one."""
    each = cross_entropy(logits[:, :-1].flatten(0, 1).double(), labels[:, 1:].flatten(), reduction="none", ignore_index=-100)
    shifted = weights[:, 1:].flatten().double()
    mean = each.sum() / (labels[:, 1:] != -100).sum()
    return mean.item(), ((each * shifted).sum() / shifted.sum()).item()


def write_loss(folder, random, checkpoints, about):
    store = Store(folder, "loss", about)
    for checkpoint in checkpoints:
        case = {"name": checkpoint.name, "checkpoint": checkpoint.name, **draw_prompts(random, checkpoint, [0, 1, 2])}
        inputs = checkpoint.tensors(case)
        shape = tuple(inputs["input_ids"].shape)
        labels = torch.from_numpy(random.integers(0, checkpoint.vocab_size, shape))
        # Nobody asks what follows padding, so neither may the first token behind it count.
        mask = inputs["attention_mask"]
        follows_padding = torch.cat([mask[:, :1], mask[:, :-1]], dim=1) == 0
        ignored = torch.from_numpy(random.random(shape) < 0.4) | (mask == 0) | follows_padding
        labels = labels.masked_fill(ignored, -100)
        weights = torch.from_numpy(random.random(shape).round(3)) * (labels != -100)
        checkpoint.forget_lengths()
        with torch.no_grad():
            logits = checkpoint.model(**inputs).logits
        loss, weighted = losses(logits, labels, weights)
        case |= {"labels": labels.tolist(), "loss_weight": weights.tolist(), "loss": loss, "weighted_loss": weighted}
        store.add(case)
    store.write()
    return len(store.cases)
