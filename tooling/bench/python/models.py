"""The networks of a shape (checkpoint/shape.ts) as Transformers builds them, with random weights."""

import torch
from transformers import (
    AutoModelForCausalLM,
    InternVLConfig,
    InternVLModel,
    InternVLVisionConfig,
    LlamaConfig,
    Qwen2Config,
)


def text_config(shape, vocabulary):
    """InternLM2 has the form of Llama, but for how its matrices are stored."""
    text = shape["text"]
    config = Qwen2Config if shape["language"] == "qwen2" else LlamaConfig
    return config(
        vocab_size=vocabulary,
        hidden_size=text["hidden"],
        num_hidden_layers=text["layers"],
        num_attention_heads=text["heads"],
        num_key_value_heads=text["keyValueHeads"],
        intermediate_size=text["intermediate"],
        max_position_embeddings=32768,
        rope_parameters={"rope_type": "default", "rope_theta": 1e6},
        tie_word_embeddings=False,
        eos_token_id=None,
        pad_token_id=None,
    )


def language_model(shape, vocabulary, dtype):
    return AutoModelForCausalLM.from_config(text_config(shape, vocabulary), dtype=dtype).eval()


class VisionTower(torch.nn.Module):
    """Pixels [tiles, 3, size, size] to the projector's features."""

    def __init__(self, shape):
        super().__init__()
        vision = shape["vision"]
        config = InternVLVisionConfig(
            hidden_size=vision["hidden"],
            num_hidden_layers=vision["layers"],
            num_attention_heads=vision["heads"],
            intermediate_size=vision["intermediate"],
            image_size=[vision["image"], vision["image"]],
            patch_size=[14, 14],
            attention_bias=True,
            use_qk_norm=False,
            norm_type="layer_norm",
        )
        # The language model is not used; one layer of its width is what the projector has to fit.
        cut = {**shape, "text": {**shape["text"], "layers": 1}}
        self.model = InternVLModel(InternVLConfig(vision_config=config, text_config=text_config(cut, 256)))

    def forward(self, pixels):
        return self.model.get_image_features(pixel_values=pixels, return_dict=True).pooler_output


def vision_tower(shape, dtype):
    torch.manual_seed(0)
    return VisionTower(shape).eval().to(dtype)


def tile(shape):
    """[1, 3, size, size], as normalised pixels are spread."""
    size = shape["vision"]["image"]
    return torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(1))
