"""torch.sort and torch.topk leave the order of equal values open (it differs between processors and sizes). The project's is
the stable one, the lower index first; nothing else about Transformers' classes changes."""

import torch

unstable_sort = torch.sort


def stable_sort(*args, **kwargs):
    return unstable_sort(*args, **kwargs, stable=True)


def stable_topk(values, k, dim=-1, largest=True, sorted=True):
    ordered, indices = unstable_sort(values, dim=dim, descending=largest, stable=True)
    return torch.return_types.topk((ordered.narrow(dim, 0, k), indices.narrow(dim, 0, k)))


def make_stable():
    torch.sort = stable_sort
    torch.topk = stable_topk
