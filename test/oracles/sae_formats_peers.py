"""Folders and files of sparsify, latentsae, Gemma Scope's form and the MSAE authors' form, with the activations and reconstructions of their programs.

pip install torch==2.15.0 numpy==2.4.6 safetensors==0.8.0 eai-sparsify==1.3.3 latentsae==0.2.0
python test/oracles/sae_formats_peers.py
writes test/fixtures/sae-formats/{sparsify-*,latentsae-*}/, params-*.npz, *.pth.npz, msae.{safetensors,pth} and peers.json

Of Gemma Scope's form and the MSAE authors' there is no package: their published formulas stand here in PyTorch. The .pth goes through the line
that sdk/sae/formats/msae-checkpoint.ts documents, taken from that file.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

os.environ["SPARSIFY_DISABLE_TRITON"] = "1"
os.environ["SAE_DISABLE_TRITON"] = "1"
from latentsae import Sae as LatentSae
from latentsae import SaeConfig as LatentConfig
from latentsae import SaeType
from safetensors.torch import load_file, save_file
from sparsify import SparseCoder, SparseCoderConfig

torch.set_num_threads(1)
root = Path(__file__).resolve().parents[2]
folder = root / "test" / "fixtures" / "sae-formats"
random = np.random.default_rng(5)
D, N, ROWS = 6, 12, 5
rows = torch.tensor(random.normal(size=(ROWS, D)) * 1.5, dtype=torch.float32)
cases = {}


def draw(*shape, scale=0.5):
    return torch.tensor(random.normal(size=shape) * scale, dtype=torch.float32)


def drawn(sae):
    with torch.no_grad():
        for name, parameter in sae.named_parameters():
            parameter.copy_(draw(*parameter.shape, scale=0.3) - (1 if name == "log_threshold" else 0))
    return sae.eval()


def fresh(name):
    path = folder / name
    shutil.rmtree(path, ignore_errors=True)
    return path


def numbers(tensor):
    return [float(f"{value:.9g}") for value in tensor.detach().numpy().astype(np.float64).ravel()]


def keep(name, codes, reconstructions):
    cases[name] = {"codes": numbers(codes), "reconstructions": numbers(reconstructions)}


def dense(encoded):
    return torch.zeros(ROWS, N).scatter_(-1, encoded.top_indices, encoded.top_acts)


def peer(name, sae, before_save=lambda sae: None):
    before_save(drawn(sae))
    sae.save_to_disk(fresh(name))
    with torch.no_grad():
        encoded = sae.encode(rows)
        keep(name, dense(encoded), sae.decode(encoded.top_acts, encoded.top_indices))


def latentsae(kind, **more):
    return LatentSae(D, LatentConfig(sae_type=kind, num_latents=N, k=3, **more))


def threshold(sae):
    sae.batchtopk_threshold.fill_(0.27)


def mean(sae):
    sae.input_mean.copy_(draw(D))


peer("sparsify-topk", SparseCoder(D, SparseCoderConfig(num_latents=N, k=3)))
peer("sparsify-expansion", SparseCoder(D, SparseCoderConfig(expansion_factor=2, k=12)))
peer("latentsae-topk", latentsae(SaeType.TOPK))
peer("latentsae-centred", latentsae(SaeType.TOPK, mean_center=True), mean)
peer("latentsae-jumprelu", latentsae(SaeType.JUMPRELU))
peer("latentsae-batchtopk", latentsae(SaeType.BATCHTOPK), threshold)
peer("latentsae-matryoshka", latentsae(SaeType.MATRYOSHKA, matryoshka_sizes="4,12", matryoshka_ks="2,4"))
drawn(latentsae(SaeType.GATED)).save_to_disk(fresh("latentsae-gated"))
drawn(SparseCoder(D, SparseCoderConfig(num_latents=N, k=3, skip_connection=True))).save_to_disk(fresh("sparsify-skip"))

# the other orientation of W_dec that readers meet
turned = fresh("sparsify-turned")
shutil.copytree(folder / "sparsify-topk", turned)
weights = load_file(turned / "sae.safetensors")
save_file({**weights, "W_dec": weights["W_dec"].T.contiguous()}, turned / "sae.safetensors")
cases["sparsify-turned"] = cases["sparsify-topk"]

# Gemma Scope: b_dec stays on the input
w_enc, b_enc, w_dec, b_dec = draw(D, N), draw(N, scale=0.3), draw(N, D), draw(D)
jump = draw(N, scale=0.4).abs()
pre = rows @ w_enc + b_enc
codes = (pre > jump) * torch.relu(pre)
arrays = {"W_enc": w_enc, "W_dec": w_dec, "b_enc": b_enc, "b_dec": b_dec, "threshold": jump}
np.savez(folder / "params-jumprelu.npz", **{name: value.numpy() for name, value in arrays.items()})
keep("params-jumprelu.npz", codes, codes @ w_dec + b_dec)
lower = {name.replace("W_", "w_"): value.numpy() for name, value in arrays.items() if name != "threshold"}
np.savez_compressed(folder / "params-relu.npz", **lower)
keep("params-relu.npz", torch.relu(pre), torch.relu(pre) @ w_dec + b_dec)

# the MSAE authors' checkpoint, saved as their training does and turned by the documented line
document = (root / "sdk/sae/formats/msae-checkpoint.ts").read_text()
line = re.search(r"python -c \"(.+)\" FILE\.pth", document).group(1)
encoder, decoder, latent_bias, pre_bias = draw(D, N), draw(N, D), draw(N, scale=0.3), draw(D, scale=0.3)
centre, factor = draw(D, scale=1.0), 1.7
model = {"pre_bias": pre_bias, "encoder": encoder, "latent_bias": latent_bias, "decoder": decoder}
model["latents_activation_frequency"] = torch.zeros(N, dtype=torch.int64)
pre = ((rows - centre) * factor - pre_bias) @ encoder + latent_bias
full = torch.relu(pre)
fixed = torch.zeros_like(pre).scatter_(-1, pre.topk(2).indices, torch.relu(pre.topk(2).values))


def msae(name, codes, parts, mean_center, scaling_factor):
    checkpoint = {"model": parts, "mean_center": mean_center, "scaling_factor": scaling_factor, "target_norm": D**0.5}
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / name
        torch.save(checkpoint, path)
        subprocess.run([sys.executable, "-c", line, str(path)], check=True)
        shutil.copy(f"{path}.npz", folder)
    keep(f"{name}.npz", codes, (codes @ decoder + pre_bias) / factor + centre)


msae(f"{N}_{D}_TopKReLU_2_UW_False_False_0.0_rows.pth", full, model, centre, torch.tensor(factor))
msae(f"{N}_{D}_TopKReLU_2_False_False_0.0_rows.pth", fixed, model, centre[None], factor)
jumping = {**model, "activation.log_threshold": torch.log(jump)}
msae(f"{N}_{D}_JumpReLU_{N}_False_False_0.0_rows.pth", full * (full > jump), jumping, centre, factor)
named = {f"model.{name}": value for name, value in model.items()}
named |= {"mean_center": centre, "scaling_factor": torch.tensor(factor)}
save_file(named, folder / "msae.safetensors")
torch.save({"model": model}, folder / "msae.pth")
keep("msae.safetensors", full, (full @ decoder + pre_bias) / factor + centre)

fixture = {
    "made": {name: version(name) for name in ("eai-sparsify", "latentsae", "torch", "numpy", "safetensors")},
    **{"d": D, "n": N, "rows": numbers(rows), "cases": cases},
}
(folder / "peers.json").write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
