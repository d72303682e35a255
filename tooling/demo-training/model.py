"""InternVL 2.5 in PyTorch. Module names are the tensor names of the original checkpoints: export is `state_dict()`."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

MASKED = -30000.0  # added to the scores of positions that must not be seen


@dataclass(frozen=True)
class VisionConfig:
    image_size: int = 112
    patch_size: int = 14
    hidden_size: int = 128
    num_hidden_layers: int = 6
    num_attention_heads: int = 4
    intermediate_size: int = 512
    layer_norm_eps: float = 1e-6
    initializer_factor: float = 0.1  # LayerScale at the start

    @property
    def grid(self) -> int:
        return self.image_size // self.patch_size


@dataclass(frozen=True)
class LanguageConfig:
    vocab_size: int
    hidden_size: int = 128
    num_hidden_layers: int = 4
    num_attention_heads: int = 4
    num_key_value_heads: int = 2
    intermediate_size: int = 512
    rms_norm_eps: float = 1e-6
    rope_theta: float = 10000.0
    max_position_embeddings: int = 4096

    @property
    def head_size(self) -> int:
        return self.hidden_size // self.num_attention_heads


def attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Tensor:
    """Attention of [batch, heads, length, size], written out: the fused one is slower on one CPU thread (backwards)."""
    batch, heads, length, size = query.shape
    query, key, value = (states.reshape(batch * heads, -1, size) for states in (query, key, value))
    key = key.transpose(1, 2)
    if mask is None:
        scores = torch.bmm(query / math.sqrt(size), key)
    else:
        bias = torch.zeros(mask.shape, dtype=query.dtype).masked_fill_(~mask, MASKED)
        bias = bias.expand(batch, heads, *mask.shape[-2:]).reshape(batch * heads, *mask.shape[-2:])
        scores = torch.baddbmm(bias, query, key, alpha=1 / math.sqrt(size))
    return torch.bmm(torch.softmax(scores, dim=-1, dtype=scores.dtype), value).view(batch, heads, length, size)


class VisionEmbeddings(nn.Module):
    def __init__(self, config: VisionConfig):
        super().__init__()
        self.config = config
        self.class_embedding = nn.Parameter(torch.randn(1, 1, config.hidden_size) * 0.02)
        self.patch_embedding = nn.Conv2d(3, config.hidden_size, config.patch_size, config.patch_size)
        self.position_embedding = nn.Parameter(torch.randn(1, config.grid**2 + 1, config.hidden_size) * 0.02)

    def forward(self, pixels: Tensor) -> Tensor:
        """[tiles, 3, 112, 112] -> [tiles, 65, hidden]. The convolution written as a product, which is faster here."""
        grid, patch = self.config.grid, self.config.patch_size
        patches = pixels.view(-1, 3, grid, patch, grid, patch).permute(0, 2, 4, 1, 3, 5).reshape(-1, grid**2, 3 * patch**2)
        hidden = F.linear(patches, self.patch_embedding.weight.flatten(1), self.patch_embedding.bias)
        classes = self.class_embedding.expand(len(hidden), -1, -1)
        return torch.cat([classes, hidden], dim=1) + self.position_embedding


class VisionAttention(nn.Module):
    def __init__(self, config: VisionConfig):
        super().__init__()
        self.heads = config.num_attention_heads
        self.qkv = nn.Linear(config.hidden_size, 3 * config.hidden_size)
        self.proj = nn.Linear(config.hidden_size, config.hidden_size)

    def forward(self, hidden: Tensor) -> Tensor:
        tiles, length, size = hidden.shape
        query, key, value = self.qkv(hidden).view(tiles, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        mixed = attend(query, key, value)
        return self.proj(mixed.transpose(1, 2).reshape(tiles, length, size))


class VisionMLP(nn.Module):
    def __init__(self, config: VisionConfig):
        super().__init__()
        self.fc1 = nn.Linear(config.hidden_size, config.intermediate_size)
        self.fc2 = nn.Linear(config.intermediate_size, config.hidden_size)

    def forward(self, hidden: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(hidden)))


class VisionLayer(nn.Module):
    def __init__(self, config: VisionConfig):
        super().__init__()
        self.norm1 = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.norm2 = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.attn = VisionAttention(config)
        self.mlp = VisionMLP(config)
        self.ls1 = nn.Parameter(config.initializer_factor * torch.ones(config.hidden_size))
        self.ls2 = nn.Parameter(config.initializer_factor * torch.ones(config.hidden_size))

    def forward(self, hidden: Tensor) -> Tensor:
        hidden = hidden + self.attn(self.norm1(hidden)) * self.ls1
        return hidden + self.mlp(self.norm2(hidden)) * self.ls2


class VisionEncoder(nn.Module):
    def __init__(self, config: VisionConfig):
        super().__init__()
        self.layers = nn.ModuleList(VisionLayer(config) for _ in range(config.num_hidden_layers))

    def forward(self, hidden: Tensor) -> Tensor:
        for layer in self.layers:
            hidden = layer(hidden)
        return hidden


class VisionModel(nn.Module):
    def __init__(self, config: VisionConfig):
        super().__init__()
        self.embeddings = VisionEmbeddings(config)
        self.encoder = VisionEncoder(config)

    def forward(self, pixels: Tensor) -> Tensor:
        return self.encoder(self.embeddings(pixels))


class RMSNorm(nn.Module):
    def __init__(self, size: int, eps: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, hidden: Tensor) -> Tensor:
        return F.rms_norm(hidden, self.weight.shape, self.weight, self.eps)


def rotate(states: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    first, second = states.chunk(2, dim=-1)
    return torch.cat([first * cosine - second * sine, second * cosine + first * sine], dim=-1)


class LanguageAttention(nn.Module):
    def __init__(self, config: LanguageConfig):
        super().__init__()
        self.head_size = config.head_size
        key_value_size = config.num_key_value_heads * config.head_size
        self.q_proj = nn.Linear(config.hidden_size, config.hidden_size)
        self.k_proj = nn.Linear(config.hidden_size, key_value_size)
        self.v_proj = nn.Linear(config.hidden_size, key_value_size)
        self.o_proj = nn.Linear(config.hidden_size, config.hidden_size, bias=False)

    def forward(self, hidden: Tensor, rotation: tuple[Tensor, Tensor], mask: Tensor | None, cache: list | None) -> Tensor:
        """`cache` is [] or [keys, values] of earlier positions, and is extended."""
        batch, length, size = hidden.shape
        split = lambda states: states.view(batch, length, -1, self.head_size).transpose(1, 2)
        query, key, value = split(self.q_proj(hidden)), split(self.k_proj(hidden)), split(self.v_proj(hidden))
        query, key = rotate(query, *rotation).to(value.dtype), rotate(key, *rotation).to(value.dtype)
        if cache is not None:
            if cache:
                key, value = torch.cat([cache[0], key], dim=2), torch.cat([cache[1], value], dim=2)
            cache[:] = [key, value]
        groups = query.shape[1] // key.shape[1]
        key, value = key.repeat_interleave(groups, dim=1), value.repeat_interleave(groups, dim=1)
        mixed = attend(query, key, value, mask)
        return self.o_proj(mixed.transpose(1, 2).reshape(batch, length, size))


class LanguageMLP(nn.Module):
    def __init__(self, config: LanguageConfig):
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, hidden: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(hidden)) * self.up_proj(hidden))


class LanguageLayer(nn.Module):
    def __init__(self, config: LanguageConfig):
        super().__init__()
        self.input_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.self_attn = LanguageAttention(config)
        self.post_attention_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.mlp = LanguageMLP(config)

    def forward(self, hidden, rotation, mask, cache) -> Tensor:
        hidden = hidden + self.self_attn(self.input_layernorm(hidden), rotation, mask, cache)
        return hidden + self.mlp(self.post_attention_layernorm(hidden))


class LanguageBackbone(nn.Module):
    def __init__(self, config: LanguageConfig):
        super().__init__()
        self.config = config
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(LanguageLayer(config) for _ in range(config.num_hidden_layers))
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps)

    def forward(self, embeddings: Tensor, positions: Tensor, mask: Tensor | None, caches: list | None = None) -> Tensor:
        steps = torch.arange(0, self.config.head_size, 2, dtype=torch.float32) / self.config.head_size
        angles = positions[..., None].float() / self.config.rope_theta**steps
        rotation = angles.cos()[:, None], angles.sin()[:, None]
        hidden = embeddings
        for index, layer in enumerate(self.layers):
            hidden = layer(hidden, rotation, mask, caches[index] if caches is not None else None)
        return self.norm(hidden)


class LanguageModel(nn.Module):
    def __init__(self, config: LanguageConfig):
        super().__init__()
        self.model = LanguageBackbone(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)


def pixel_shuffle(features: Tensor) -> Tensor:
    """[tiles, side, side, C] -> [tiles, side / 2, side / 2, 4 C], as ps_version v2 with scale 0.5 does."""
    tiles, side, _, channels = features.shape
    half = side // 2
    features = features.reshape(tiles, side, half, channels * 2).permute(0, 2, 1, 3)
    features = features.reshape(tiles, half, half, channels * 4).permute(0, 2, 1, 3)
    return features.contiguous()


class InternVLChatModel(nn.Module):
    def __init__(self, vision: VisionConfig, language: LanguageConfig):
        super().__init__()
        self.vision_config, self.language_config = vision, language
        self.vision_model = VisionModel(vision)
        shuffled = 4 * vision.hidden_size
        self.mlp1 = nn.Sequential(
            nn.LayerNorm(shuffled),
            nn.Linear(shuffled, language.hidden_size),
            nn.GELU(),
            nn.Linear(language.hidden_size, language.hidden_size),
        )
        self.language_model = LanguageModel(language)
        self._initialise()

    def _initialise(self) -> None:
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            elif "embed_tokens" in name or "lm_head" in name:
                nn.init.normal_(parameter, 0, 0.02)
            elif parameter.dim() in (2, 4):
                gain = 0.5 if "o_proj" in name or "down_proj" in name else 1.0
                nn.init.normal_(parameter, 0, gain / math.sqrt(parameter[0].numel()))

    def project(self, vision_hidden: Tensor) -> Tensor:
        """Last hidden states of the vision model [tiles, 65, C] -> image embeddings [tiles, 16, D]."""
        grid = self.vision_config.grid
        shuffled = pixel_shuffle(vision_hidden[:, 1:].reshape(len(vision_hidden), grid, grid, -1))
        return self.mlp1(shuffled.flatten(1, 2))

    def embed(self, ids: Tensor, image_embeddings: Tensor, image_context_id: int) -> Tensor:
        """Token embeddings with the image embeddings in the places of <IMG_CONTEXT>."""
        embeddings = self.language_model.model.embed_tokens(ids)
        places = (ids == image_context_id)[..., None]
        return embeddings.masked_scatter(places, image_embeddings.to(embeddings.dtype).reshape(-1, embeddings.shape[-1]))


IMAGENET_MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
IMAGENET_STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


def normalise(tiles: Tensor) -> Tensor:
    """uint8 [tiles, 112, 112, 3] -> float32 [tiles, 3, 112, 112]."""
    return (tiles.permute(0, 3, 1, 2).float() / 255 - IMAGENET_MEAN) / IMAGENET_STD
