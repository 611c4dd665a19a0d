"""latentsae's autoencoder by the steps of its trainer, without its logging; one thread; prints CPU seconds without set-up and held-out FVU.

pip install -r test/bench/peers/requirements.txt
python test/bench/peers/sae_latentsae.py FOLDER LEVEL…
FOLDER is said in sae_bench.py. Several levels: its Matryoshka with every level over the whole dictionary; one: its TopK. Its own first weights.
"""
import sys

import torch
from latentsae import Sae, SaeConfig, SaeType
from sae_bench import Run, adam, set_rate, strongest

run = Run(sys.argv[1])
levels = [int(level) for level in sys.argv[2:]]
n, d = run.encoder.shape
nesting = {"matryoshka_sizes": ",".join([str(n)] * len(levels)), "matryoshka_ks": ",".join(map(str, levels))}
kind = {"sae_type": SaeType.MATRYOSHKA, **nesting} if len(levels) > 1 else {"sae_type": SaeType.TOPK}
sae = Sae(d, SaeConfig(num_latents=n, k=levels[-1], **kind))
optimiser = adam(sae.parameters())


def step(x, rate):
    sae.set_decoder_norm_to_unit_norm()
    sae(x).fvu.backward()
    torch.nn.utils.clip_grad_norm_(sae.parameters(), 1.0)
    sae.remove_gradient_parallel_to_decoder_directions()
    set_rate(optimiser, rate)
    optimiser.step()
    optimiser.zero_grad()


run.report(run.train(step), lambda x: sae.decode(*strongest(sae.pre_acts(x), run.k)))
