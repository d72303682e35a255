"""OpenVINO: the vision tower in int8, weights and activations, as NNCF quantises a transformer after training."""

import os
import time

import nncf
import numpy as np
import openvino
import torch
from lines import answer_lines
from models import tile, vision_tower

CALIBRATION_TILES = 4
state = {}


def load(shape, threads, path):
    """Exports and quantises the tower unless `path` (.xml) is there: a minute or two."""
    if not os.path.exists(path):
        quantise(shape, path)
    # Threads alone: what it chooses for them is its own matter.
    settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
    model = openvino.Core().compile_model(path, "CPU", settings)
    state.update(request=model.create_infer_request(), pixels=tile(shape).numpy(), shape=shape)
    return {"version": f"openvino {openvino.__version__}, nncf {nncf.__version__}"}


def quantise(shape, path):
    tower = vision_tower(shape, torch.float32)
    model = openvino.convert_model(tower, example_input=tile(shape))
    # One size of tile, as people who want speed would fix it.
    model.reshape(list(tile(shape).shape))
    generator = torch.Generator().manual_seed(2)
    tiles = [torch.randn(tile(shape).shape, generator=generator).numpy() for _ in range(CALIBRATION_TILES)]
    quantised = nncf.quantize(
        model, nncf.Dataset(tiles), model_type=nncf.ModelType.TRANSFORMER, subset_size=CALIBRATION_TILES
    )
    openvino.save_model(quantised, path)


def vision():
    start = time.perf_counter()
    state["request"].infer({0: state["pixels"]})
    return {"ms": (time.perf_counter() - start) * 1000}


def cosine():
    """Of its features to PyTorch's in fp32."""
    with torch.inference_mode():
        exact = vision_tower(state["shape"], torch.float32)(tile(state["shape"])).numpy().ravel()
    state["request"].infer({0: state["pixels"]})
    features = state["request"].get_output_tensor(0).data.ravel()
    return {"cosine": float(exact @ features / np.linalg.norm(exact) / np.linalg.norm(features))}


answer_lines(load=load, vision=vision, cosine=cosine)
