"""eai-sparsify's TopK autoencoder by the steps of its trainer, without its logging; one thread; prints CPU seconds without set-up and held-out FVU.

pip install -r test/bench/peers/requirements.txt
python test/bench/peers/sae_sparsify.py FOLDER K [PARTS]
FOLDER is said in sae_bench.py. PARTS: its micro_acc_steps. Its own first weights.
"""
import os
import sys

# its Triton decoder runs on GPUs only
os.environ["SPARSIFY_DISABLE_TRITON"] = "1"
from sae_bench import Run, adam, set_rate, strongest
from sparsify import SparseCoder, SparseCoderConfig

run = Run(sys.argv[1])
parts = int(sys.argv[3]) if len(sys.argv) > 3 else 1
n, d = run.encoder.shape
sae = SparseCoder(d, SparseCoderConfig(num_latents=n, k=int(sys.argv[2])))
optimiser = adam(sae.parameters())


def step(x, rate):
    sae.set_decoder_norm_to_unit_norm()
    variance = (x - x.mean(0)).pow(2).sum()
    for part in x.chunk(parts):
        sae(part, total_variance=variance).fvu.backward()
    sae.remove_gradient_parallel_to_decoder_directions()
    set_rate(optimiser, rate)
    optimiser.step()
    optimiser.zero_grad()


run.report(run.train(step), lambda x: sae.decode(*strongest(sae.encode(x).pre_acts, run.k)))
