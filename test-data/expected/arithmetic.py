"""Writes arithmetic.json: the demo model's mean cross-entropy under other settings of config.json, in float64.

Plain NumPy and SciPy, independent of the engine. Run in this folder: python3 arithmetic.py
"""
import json
import pathlib
import struct

import numpy as np
from scipy.special import erf

MODEL = pathlib.Path("../model")
TOKENS = np.array(json.loads(pathlib.Path("../tokens/eval.json").read_text())[:2])

ACTIVATIONS = {
    "gelu_new": lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    "gelu": lambda x: 0.5 * x * (1 + erf(x / np.sqrt(2))),
    "quick_gelu": lambda x: x / (1 + np.exp(-1.702 * x)),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
}
SAME = {"gelu_fast": "gelu_new", "gelu_pytorch_tanh": "gelu_new", "gelu_accurate": "gelu_new",
        "gelu_python_tanh": "gelu_new", "gelu_python": "gelu", "swish": "silu"}


def load(file):
    raw = file.read_bytes()
    length = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8 : 8 + length])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            assert entry["dtype"] == "F32"
            begin, end = (8 + length + at for at in entry["data_offsets"])
            values = np.frombuffer(raw[begin:end], "<f4").astype(np.float64)
            tensors[name.removeprefix("transformer.")] = values.reshape(entry["shape"])
    return tensors


W = load(MODEL / "model.safetensors")
CONFIG = json.loads((MODEL / "config.json").read_text())


def norm(x, name):
    centred = x - x.mean(-1, keepdims=True)
    standard = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + CONFIG["layer_norm_epsilon"])
    return standard * W[name + ".weight"] + W[name + ".bias"]


def linear(x, name):
    return x @ W[name + ".weight"] + W[name + ".bias"]


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def ce(tokens, config):
    activation = config.get("activation_function", "gelu_new")
    activation = ACTIVATIONS[SAME.get(activation, activation)]
    n, heads, d = len(tokens), CONFIG["n_head"], CONFIG["n_embd"]
    x = W["wte.weight"][tokens] + W["wpe.weight"][:n]
    later = np.triu(np.full((n, n), -np.inf), 1)
    for layer in range(CONFIG["n_layer"]):
        h = f"h.{layer}."
        q, k, v = (
            part.reshape(n, heads, d // heads).transpose(1, 0, 2)
            for part in np.split(linear(norm(x, h + "ln_1"), h + "attn.c_attn"), 3, -1)
        )
        scale = 1 / np.sqrt(d // heads) if config.get("scale_attn_weights", True) else 1
        if config.get("scale_attn_by_inverse_layer_idx", False):
            scale /= layer + 1
        z = softmax(q @ k.transpose(0, 2, 1) * scale + later) @ v
        x = x + linear(z.transpose(1, 0, 2).reshape(n, d), h + "attn.c_proj")
        x = x + linear(activation(linear(norm(x, h + "ln_2"), h + "mlp.c_fc")), h + "mlp.c_proj")
    logits = norm(x, "ln_f") @ W["wte.weight"].T
    return -np.log(softmax(logits)[np.arange(n - 1), tokens[1:]])


CASES = [{"activation_function": name} for name in [*ACTIVATIONS, *SAME]] + [
    {"scale_attn_weights": False},
    {"scale_attn_by_inverse_layer_idx": True},
    {"scale_attn_weights": False, "scale_attn_by_inverse_layer_idx": True},
    {"reorder_and_upcast_attn": True},
]
results = [
    {"config": case, "ce_clean": float(np.mean([ce(tokens, case) for tokens in TOKENS]))} for case in CASES
]
pathlib.Path("arithmetic.json").write_text(json.dumps(results, indent=1) + "\n")
