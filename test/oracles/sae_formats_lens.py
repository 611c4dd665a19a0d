"""sae-lens as the judge of the folders that we write and as the writer of those that we must read: its activations and reconstructions.

pip install sae-lens==6.54.12 torch==2.15.0 numpy==2.4.6
node tools/pinned.mjs test/oracles/sae-formats-own.ts test/fixtures/sae-formats
python test/oracles/sae_formats_lens.py
writes test/fixtures/sae-formats/lens-*/ and test/fixtures/sae-formats/lens.json
"""
import json
import shutil
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from sae_lens import SAE
from sae_lens.saes.batchtopk_sae import BatchTopKTrainingSAE, BatchTopKTrainingSAEConfig
from sae_lens.saes.gated_sae import GatedSAE, GatedSAEConfig
from sae_lens.saes.jumprelu_sae import JumpReLUSAE, JumpReLUSAEConfig
from sae_lens.saes.matryoshka_batchtopk_sae import (
    MatryoshkaBatchTopKTrainingSAE,
    MatryoshkaBatchTopKTrainingSAEConfig,
)
from sae_lens.saes.standard_sae import StandardSAE, StandardSAEConfig
from sae_lens.saes.topk_sae import TopKSAE, TopKSAEConfig, TopKTrainingSAE, TopKTrainingSAEConfig

torch.set_num_threads(1)
folder = Path(__file__).resolve().parents[1] / "fixtures" / "sae-formats"
random = np.random.default_rng(29)
D, N, ROWS = 6, 12, 5
rows = torch.tensor(random.normal(size=(ROWS, D)) * 1.5, dtype=torch.float32)


def drawn(sae):
    """Fills every parameter, so that no bias or threshold is 0 and no row has the norm of another."""
    scales = {"W_enc": 0.5, "W_dec": 0.6, "b_enc": 0.3, "b_dec": 0.4, "threshold": 0.4}
    with torch.no_grad():
        for name, parameter in sae.named_parameters():
            values = random.normal(size=parameter.shape) * scales.get(name, 0.3)
            parameter.copy_(torch.tensor(np.abs(values) if name == "threshold" else values, dtype=torch.float32))
    return sae


def size(**more):
    return {"d_in": D, "d_sae": N, "dtype": "float32", "device": "cpu", **more}


def fresh(name):
    path = folder / name
    shutil.rmtree(path, ignore_errors=True)
    return path


def training(sae, name, threshold=None):
    if threshold is not None:
        sae.topk_threshold.fill_(threshold)
    sae.save_inference_model(fresh(name))
    return sae


drawn(StandardSAE(StandardSAEConfig(**size()))).save_model(fresh("lens-standard"))
drawn(StandardSAE(StandardSAEConfig(**size(apply_b_dec_to_input=False)))).save_model(fresh("lens-bias-kept"))
drawn(TopKSAE(TopKSAEConfig(**size(k=3)))).save_model(fresh("lens-topk"))
drawn(TopKSAE(TopKSAEConfig(**size(k=3, rescale_acts_by_decoder_norm=True)))).save_model(fresh("lens-topk-rescaled"))
drawn(JumpReLUSAE(JumpReLUSAEConfig(**size()))).save_model(fresh("lens-jumprelu"))
training(drawn(TopKTrainingSAE(TopKTrainingSAEConfig(**size(k=2)))), "lens-topk-trained")
batch = training(drawn(BatchTopKTrainingSAE(BatchTopKTrainingSAEConfig(**size(k=3)))), "lens-batchtopk", 0.31)
batch.save_model(fresh("lens-batchtopk-checkpoint"))
matryoshka = MatryoshkaBatchTopKTrainingSAEConfig(**size(k=3, matryoshka_widths=[3, 6, N]))
training(drawn(MatryoshkaBatchTopKTrainingSAE(matryoshka)), "lens-matryoshka", 0.22)
drawn(GatedSAE(GatedSAEConfig(**size()))).save_model(fresh("lens-gated"))

# an old configuration: before version 6 the k strongest were an activation function
old = fresh("lens-old-topk")
drawn(TopKSAE(TopKSAEConfig(**size(k=4)))).save_model(old)
old_cfg = {
    **{"architecture": "standard", "d_in": D, "d_sae": N, "dtype": "float32", "device": "cpu"},
    **{"activation_fn_str": "topk", "activation_fn_kwargs": {"k": 4}, "apply_b_dec_to_input": True},
    **{"normalize_activations": "none", "hook_name": "blocks.0.hook_resid_pre", "finetuning_scaling_factor": False},
}
(old / "cfg.json").write_text(json.dumps(old_cfg))

# activations that training multiplied by a factor, which lies beside the weights until it is folded
SCALE = 0.7
scaled = fresh("lens-scaled")
drawn(StandardSAE(StandardSAEConfig(**size(normalize_activations="expected_average_only_in")))).save_model(scaled)
(scaled / "activation_scaler.json").write_text(json.dumps({"scaling_factor": SCALE, "has_whitening": False}))

# weights in half precision
half = fresh("lens-bfloat16")
drawn(StandardSAE(StandardSAEConfig(**size()))).save_model(half)
weights = half / "sae_weights.safetensors"
save_file({name: value.to(torch.bfloat16) for name, value in load_file(weights).items()}, weights)


def numbers(tensor):
    return [float(f"{value:.9g}") for value in tensor.detach().numpy().astype(np.float64).ravel()]


def judged(name, sae):
    with torch.no_grad():
        if sae.cfg.normalize_activations == "expected_average_only_in":
            sae.fold_activation_norm_scaling_factor(SCALE)
        codes = sae.encode(rows)
        pre = (rows - sae.b_dec * sae.cfg.apply_b_dec_to_input) @ sae.W_enc + sae.b_enc
        if hasattr(sae, "threshold"):
            assert (pre - sae.threshold).abs().min() > 1e-3, f"{name}: an activation lies at its threshold"
        return {"codes": numbers(codes), "reconstructions": numbers(sae.decode(codes))}


readable = sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name.startswith(("own-", "lens-")))
cases = {
    name: judged(name, SAE.load_from_disk(folder / name))
    for name in readable
    if name not in ("lens-gated", "lens-batchtopk-checkpoint")
}
cases["lens-batchtopk-checkpoint"] = cases["lens-batchtopk"]
fixture = {
    "made": {name: version(name) for name in ("sae-lens", "torch", "numpy", "safetensors")},
    **{"d": D, "n": N, "rows": numbers(rows), "cases": cases},
}
(folder / "lens.json").write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
