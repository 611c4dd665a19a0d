"""Our own PyTorch trainers of the same autoencoder by the same steps as ours, one thread; prints CPU seconds without set-up and held-out FVU.

pip install -r test/bench/peers/requirements.txt
python test/bench/peers/sae_training.py FOLDER nested|autograd|dense LEVEL…
FOLDER is said in sae_bench.py.
- nested: gradients by hand. One sorted top-k, in two stages; each level's new atoms by embedding_bag; suffix sums of the levels' residual gradients; the gradients of
  both matrices by embedding_bag too, its bags the latents. What was fastest of what was tried: against CSR products, gathered bmm, index_add and dense
  products of scattered codes.
- autograd: one sorted top-k, each level's new atoms by embedding_bag, and PyTorch's own gradients.
- dense: a masked code and a product with the whole dictionary a level, and PyTorch's own gradients.
"""
import sys

import torch
from sae_bench import Run, adam, set_rate, strongest

aten = torch.ops.aten


class Trainer:
    def __init__(self, run, levels):
        self.levels = levels
        self.encoder = torch.nn.Parameter(run.encoder.clone())
        self.dictionary = torch.nn.Parameter(run.dictionary.clone())
        self.latent_bias = torch.nn.Parameter(torch.zeros(len(run.encoder)))
        self.input_bias = torch.nn.Parameter(torch.zeros(run.encoder.shape[1]))
        self.parameters = [self.encoder, self.dictionary, self.latent_bias, self.input_bias]
        self.optimiser = adam(self.parameters)

    def pre(self, x):
        return torch.addmm(self.latent_bias, x - self.input_bias, self.encoder.t())

    def gradients(self, x):
        """Sets the parameters' gradients of the mean loss over the rows of x: NMSE, mean over the levels."""
        for parameter in self.parameters:
            parameter.grad = None
        power = x.square().mean(1)
        loss = 0
        for error in self.errors(x):
            loss = loss + (error.square().mean(1) / power).mean()
        (loss / len(self.levels)).backward()

    def step(self, x, rate):
        self.gradients(x)
        with torch.no_grad():
            self.constrain()
            self.clip()
        set_rate(self.optimiser, rate)
        self.optimiser.step()

    def constrain(self):
        """Atoms to unit norm, which the encoder takes along, and off with the gradient along them."""
        norm = torch.linalg.vector_norm(self.dictionary, dim=1, keepdim=True)
        self.dictionary.div_(norm)
        self.encoder.mul_(norm)
        self.latent_bias.mul_(norm[:, 0])
        if (gradient := self.dictionary.grad) is not None:
            gradient.addcmul_(torch.linalg.vecdot(gradient, self.dictionary)[:, None], self.dictionary, value=-1)

    def clip(self):
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0, foreach=True)

    @torch.no_grad()
    def reconstruct(self, x, k):
        values, indices = strongest(self.pre(x), k)
        return torch.nn.functional.embedding_bag(indices, self.dictionary, per_sample_weights=values, mode="sum") + self.input_bias


class Dense(Trainer):
    def errors(self, x):
        pre = self.pre(x)
        n = pre.shape[1]
        with torch.no_grad():
            below_n = [level for level in self.levels if level < n]
            edges = pre.topk(max(below_n), dim=1).values[:, [level - 1 for level in below_n]]
        z = pre.relu()
        for i, level in enumerate(self.levels):
            kept = z * (pre >= edges[:, i : i + 1]) if level < n else z
            yield torch.addmm(self.input_bias, kept, self.dictionary) - x


class Autograd(Trainer):
    def errors(self, x):
        values, indices = strongest(self.pre(x), self.levels[-1])
        estimate, start = self.input_bias, 0
        for end in self.levels:
            estimate = estimate + torch.nn.functional.embedding_bag(
                indices[:, start:end].contiguous(), self.dictionary, per_sample_weights=values[:, start:end].contiguous(), mode="sum"
            )
            start = end
            yield estimate - x


class Nested(Trainer):
    def __init__(self, run, levels):
        super().__init__(run, levels)
        (rows, d), n, k, count = run.batches.shape[1:], len(run.encoder), levels[-1], len(levels)
        starts = torch.tensor([0, *levels[:-1]])
        self.bag_starts = (torch.arange(rows)[:, None] * k + starts).flatten().int()
        self.bag_of_entry = torch.repeat_interleave(torch.arange(rows * count), (torch.tensor(levels) - starts).repeat(rows)).int()
        self.row_of_entry = torch.arange(rows).repeat_interleave(k).int()
        self.latent_starts = torch.zeros(n + 1, dtype=torch.int32)
        self.sums = torch.empty(rows, count, d)
        for parameter in self.parameters:
            parameter.grad = torch.empty_like(parameter)

    @torch.no_grad()
    def gradients(self, x):
        (rows, d), n, count = x.shape, len(self.encoder), len(self.levels)
        centred = x - self.input_bias
        # what torch.compile makes of a linear layer: oneDNN, some per cent faster here than addmm's MKL
        pre = torch.ops.mkldnn._linear_pointwise(centred, self.encoder, self.latent_bias, "none", [], "")
        values, latents = strongest_by_groups(pre, self.levels[-1])
        values, latents = values.flatten(), latents.flatten().int()

        # estimates grow from level to level; what an atom gets is the sum of the gradients of its own level and those above
        added = bags(self.dictionary, latents, self.bag_starts, values).view(rows, count, d)
        errors = [torch.sub(added[:, 0], centred)]
        for level in range(1, count):
            errors.append(errors[-1] + added[:, level])
        weight = (2 / (d * rows * count) / x.square().mean(1))[:, None]
        torch.mul(errors[-1], weight, out=self.sums[:, -1])
        for level in range(count - 2, -1, -1):
            torch.addcmul(self.sums[:, level + 1], errors[level], weight, out=self.sums[:, level])
        sums = self.sums.view(rows * count, d)

        by_value = aten._embedding_bag_per_sample_weights_backward(
            sums, self.dictionary, latents, self.bag_starts, self.bag_of_entry, 0
        ).mul_(values > 0)
        # the same entries latent by latent
        order = torch.argsort(latents.to(torch.int16), stable=True)
        torch.cumsum(torch.bincount(latents, minlength=n), 0, out=self.latent_starts[1:])
        starts = self.latent_starts[:-1]
        bag, row, value, gradient = (
            entries.index_select(0, order) for entries in (self.bag_of_entry, self.row_of_entry, values, by_value)
        )
        self.dictionary.grad = bags(sums, bag, starts, value)
        self.encoder.grad = bags(centred, row, starts, gradient)
        self.latent_bias.grad = torch.zeros(n).index_add_(0, latents, by_value)
        self.input_bias.grad = self.sums[:, 0].sum(0) - self.latent_bias.grad @ self.encoder


def strongest_by_groups(pre, k):
    """As strongest: the k largest lie in the k groups with the largest maxima, which is quicker to find for topk."""
    rows, n = pre.shape
    size = 4 if k > 64 else 8
    groups = n // size
    if k >= groups:
        return strongest(pre, k)
    best = pre.view(rows, size, groups).amax(1).topk(k, dim=1, sorted=False).indices
    candidates = (best[:, None] + torch.arange(0, n, groups)[:, None]).view(rows, size * k)
    values, at = pre.gather(1, candidates).topk(k, dim=1)
    return values.relu(), candidates.gather(1, at)


def bags(table, rows, starts, weights):
    return aten._embedding_bag_forward_only(table, rows, starts, False, 0, False, weights)[0]


if __name__ == "__main__":
    run = Run(sys.argv[1])
    trainer = {"nested": Nested, "autograd": Autograd, "dense": Dense}[sys.argv[2]](run, [int(level) for level in sys.argv[3:]])
    seconds = run.train(trainer.step)
    with torch.no_grad():
        trainer.constrain()
    run.report(seconds, lambda x: trainer.reconstruct(x, run.k))
