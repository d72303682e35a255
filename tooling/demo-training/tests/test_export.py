import torch
from safetensors.torch import load_file

from export import export, load_exported
from model import InternVLChatModel, LanguageConfig, VisionConfig, normalise
from tokenizer import build_tokenizer


def logits(model, ids, tiles, context_id):
    hidden = model.embed(ids, model.project(model.vision_model(normalise(tiles))), context_id)
    length = ids.shape[1]
    mask = torch.ones(length, length, dtype=torch.bool).tril()
    return model.language_model.lm_head(model.language_model.model(hidden, torch.arange(length)[None], mask))


def test_the_exported_model_gives_the_same_logits(tmp_path):
    torch.manual_seed(0)
    tokenizer = build_tokenizer()
    model = InternVLChatModel(VisionConfig(num_hidden_layers=2), LanguageConfig(tokenizer.get_vocab_size(), num_hidden_layers=2))
    with torch.no_grad():  # weights that fp16 holds exactly
        for parameter in model.parameters():
            parameter.copy_(parameter.half().float())
    export(model, tokenizer, tmp_path)
    reloaded, reloaded_tokenizer = load_exported(tmp_path)
    context_id = reloaded_tokenizer.token_to_id("<IMG_CONTEXT>")
    ids = torch.tensor([[5, *[context_id] * 32, 7, 9]])
    tiles = torch.randint(0, 256, (2, 112, 112, 3), dtype=torch.uint8)
    with torch.no_grad():
        assert torch.equal(logits(model, ids, tiles, context_id), logits(reloaded, ids, tiles, context_id))


def test_tensor_names_are_those_of_the_original(tmp_path):
    tokenizer = build_tokenizer()
    export(InternVLChatModel(VisionConfig(), LanguageConfig(tokenizer.get_vocab_size())), tokenizer, tmp_path)
    names = set(load_file(tmp_path / "model.safetensors"))
    assert {
        "vision_model.embeddings.class_embedding",
        "vision_model.embeddings.patch_embedding.weight",
        "vision_model.embeddings.position_embedding",
        "vision_model.encoder.layers.5.attn.qkv.bias",
        "vision_model.encoder.layers.0.ls1",
        "mlp1.0.weight",
        "mlp1.3.bias",
        "language_model.model.embed_tokens.weight",
        "language_model.model.layers.3.self_attn.k_proj.bias",
        "language_model.model.layers.0.mlp.gate_proj.weight",
        "language_model.model.norm.weight",
        "language_model.lm_head.weight",
    } <= names
    assert not [name for name in names if not name.startswith(("vision_model.", "mlp1.", "language_model."))]
