"""Writes a training checkpoint as a model folder in OpenGVLab's original format."""

import argparse
import json
import os

import torch
from safetensors.torch import load_file, save_file

from model import InternVLChatModel, LanguageConfig, VisionConfig
from tiling import MAX_TILES
from tokenizer import END_TOKEN, PAD_TOKEN, load_tokenizer, save_tokenizer

TORCH_DTYPE = "float16"


def vision_config_json(vision: VisionConfig) -> dict:
    return {
        "architectures": ["InternVisionModel"],
        "attention_dropout": 0.0,
        "drop_path_rate": 0.0,
        "dropout": 0.0,
        "hidden_act": "gelu",
        "hidden_size": vision.hidden_size,
        "image_size": vision.image_size,
        "initializer_factor": vision.initializer_factor,
        "initializer_range": 0.02,
        "intermediate_size": vision.intermediate_size,
        "layer_norm_eps": vision.layer_norm_eps,
        "model_type": "intern_vit_6b",
        "norm_type": "layer_norm",
        "num_attention_heads": vision.num_attention_heads,
        "num_channels": 3,
        "num_hidden_layers": vision.num_hidden_layers,
        "output_attentions": False,
        "output_hidden_states": False,
        "patch_size": vision.patch_size,
        "qk_normalization": False,
        "qkv_bias": True,
        "return_dict": True,
        "torch_dtype": TORCH_DTYPE,
        "use_bfloat16": False,
        "use_flash_attn": False,
    }


def language_config_json(language: LanguageConfig, pad_id: int, end_id: int) -> dict:
    return {
        "architectures": ["Qwen2ForCausalLM"],
        "attention_dropout": 0.0,
        "bos_token_id": pad_id,
        "eos_token_id": end_id,
        "hidden_act": "silu",
        "hidden_size": language.hidden_size,
        "initializer_range": 0.02,
        "intermediate_size": language.intermediate_size,
        "max_position_embeddings": language.max_position_embeddings,
        "max_window_layers": language.num_hidden_layers,
        "model_type": "qwen2",
        "num_attention_heads": language.num_attention_heads,
        "num_hidden_layers": language.num_hidden_layers,
        "num_key_value_heads": language.num_key_value_heads,
        "rms_norm_eps": language.rms_norm_eps,
        "rope_theta": language.rope_theta,
        "sliding_window": language.max_position_embeddings,
        "tie_word_embeddings": False,
        "torch_dtype": TORCH_DTYPE,
        "use_cache": True,
        "use_sliding_window": False,
        "vocab_size": language.vocab_size,
    }


def config_json(model: InternVLChatModel, pad_id: int, end_id: int) -> dict:
    return {
        "architectures": ["InternVLChatModel"],
        "downsample_ratio": 0.5,
        "dynamic_image_size": True,
        "force_image_size": model.vision_config.image_size,
        "hidden_size": model.language_config.hidden_size,
        "llm_config": language_config_json(model.language_config, pad_id, end_id),
        "max_dynamic_patch": MAX_TILES,
        "min_dynamic_patch": 1,
        "model_type": "internvl_chat",
        "pad2square": False,
        "ps_version": "v2",
        "select_layer": -1,
        "template": "internvl2_5",
        "tie_word_embeddings": False,
        "torch_dtype": TORCH_DTYPE,
        "use_backbone_lora": 0,
        "use_llm_lora": 0,
        "use_thumbnail": True,
        "vision_config": vision_config_json(model.vision_config),
    }


def preprocessor_config_json(vision: VisionConfig) -> dict:
    return {
        "crop_size": vision.image_size,
        "do_center_crop": True,
        "do_normalize": True,
        "do_resize": True,
        "feature_extractor_type": "CLIPFeatureExtractor",
        "image_mean": [0.485, 0.456, 0.406],
        "image_std": [0.229, 0.224, 0.225],
        "resample": 3,
        "size": vision.image_size,
    }


def export(model: InternVLChatModel, tokenizer, folder: str) -> None:
    """config, generation_config, preprocessor_config, model.safetensors in fp16, and the tokenizer's files."""

    def write_json(name: str, content: dict) -> None:
        with open(os.path.join(folder, name), "w") as file:
            json.dump(content, file, indent=2)
            file.write("\n")

    os.makedirs(folder, exist_ok=True)
    pad_id, end_id = tokenizer.token_to_id(PAD_TOKEN), tokenizer.token_to_id(END_TOKEN)
    write_json("config.json", config_json(model, pad_id, end_id))
    write_json("generation_config.json", {"_from_model_config": True, "eos_token_id": [end_id, pad_id]})
    write_json("preprocessor_config.json", preprocessor_config_json(model.vision_config))
    tensors = {name: tensor.detach().to(torch.float16).contiguous() for name, tensor in model.state_dict().items()}
    save_file(tensors, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})
    save_tokenizer(tokenizer, folder)


def load_exported(folder: str) -> tuple[InternVLChatModel, object]:
    """The model (fp16 weights widened to float32) and the tokenizer of an exported folder."""
    with open(os.path.join(folder, "config.json")) as file:
        config = json.load(file)
    vision = VisionConfig(**{name: config["vision_config"][name] for name in VisionConfig.__dataclass_fields__})
    language = LanguageConfig(**{name: config["llm_config"][name] for name in LanguageConfig.__dataclass_fields__})
    model = InternVLChatModel(vision, language)
    tensors = load_file(os.path.join(folder, "model.safetensors"))
    model.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    return model.eval(), load_tokenizer(folder)


def load_checkpoint(path: str, tokenizer) -> InternVLChatModel:
    """The model of a checkpoint of train.py."""
    state = torch.load(path)
    vision = VisionConfig(num_hidden_layers=state["vision_layers"])
    model = InternVLChatModel(vision, LanguageConfig(tokenizer.get_vocab_size()))
    model.load_state_dict(state["model"])
    return model.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint")
    parser.add_argument("tokenizer")
    parser.add_argument("folder")
    options = parser.parse_args()
    tokenizer = load_tokenizer(options.tokenizer)
    export(load_checkpoint(options.checkpoint, tokenizer), tokenizer, options.folder)


if __name__ == "__main__":
    main()
