"""A `prefix_allowed_tokens_fn` that data describe: `{"by_length": [[ids], …], "batch_shift": k}` allows, for prompt b and a row of n
tokens, the ids of list (n + k b) modulo the number of lists."""


def prefix_function(description):
    if description is None:
        return None
    lists, shift = description["by_length"], description["batch_shift"]
    return lambda batch_id, input_ids: lists[(len(input_ids) + shift * batch_id) % len(lists)]
