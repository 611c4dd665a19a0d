"""Measures of a small sparse autoencoder by their definitions in numpy, with scipy and scikit-learn where they have the measure, for
test/sae/measures.

    pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1
    python test/oracles/sae_measures.py > test/fixtures/sae-measures.json
"""
import json
import sys

import numpy as np
import scipy
import sklearn
from scipy.optimize import linear_sum_assignment
from scipy.special import log_softmax, rel_entr
from sklearn.cluster import KMeans
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, r2_score
from sklearn.metrics.pairwise import cosine_similarity

random = np.random.default_rng(11)


def numbers(values, digits=None):
    flat = np.asarray(values, dtype=np.float64).ravel()
    return [round(float(v), digits) if digits is not None else float(v) for v in flat]


def short(values):
    """What both sides start from: float32 that a few digits write down."""
    return np.asarray(values).round(3).astype(np.float32).astype(np.float64)


def top(z, k):
    kept = np.zeros_like(z)
    order = np.argsort(-z, axis=1, kind="stable")[:, :k]
    np.put_along_axis(kept, order, np.take_along_axis(z, order, 1), 1)
    return kept


# wine has three classes of 13 measured features; the autoencoder is random, which no definition minds
data, labels = load_wine(return_X_y=True)
x = short((data - data.mean(0)) / data.std(0) + 1)
m, d = x.shape
n = 40
w_dec = random.normal(size=(n, d))
w_dec = short(w_dec / np.linalg.norm(w_dec, axis=1, keepdims=True))
w_enc = short(0.7 * w_dec + 0.05 * random.normal(size=(n, d)))
b_lat = short(random.normal(size=n) * 0.2 - 0.1)
b_lat[3] = b_lat[17] = -50  # dead
b_pre = short(random.normal(size=d) * 0.1)
mean = short(x.mean(0))
scale = 1.25
pre = ((x - mean) * scale - b_pre) @ w_enc.T + b_lat
relu = np.maximum(pre, 0)


def decode(z):
    return (z @ w_dec + b_pre) / scale + mean


def hsic(k, l):
    k, l = k - np.diag(np.diag(k)), l - np.diag(np.diag(l))
    r = len(k)
    return (np.sum(k * l.T) + k.sum() * l.sum() / ((r - 1) * (r - 2)) - 2 * np.sum(k @ l) / (r - 2)) / (r * (r - 3))


def neighbours(k, count=10):
    k = k.copy()
    np.fill_diagonal(k, -np.inf)
    mask = np.zeros_like(k, dtype=bool)
    np.put_along_axis(mask, np.argsort(-k, axis=1, kind="stable")[:, :count], True, 1)
    return mask


def cknna(a, b):
    k, l = a @ a.T, b @ b.T
    near_k, near_l = neighbours(k), neighbours(l)
    score = lambda p, near_p, q, near_q: hsic(np.where(near_p & near_q, p, 0), np.where(near_p & near_q, q, 0))
    return score(k, near_k, l, near_l) / np.sqrt(score(k, near_k, k, near_k) * score(l, near_l, l, near_l))


def quality(z):
    y = decode(z)
    l0 = (z > 0).sum(1)
    uses = (z > 0).sum(0)
    width = int(np.ceil((l0.max() + 1) / 32))
    l0_edges = np.arange(0, int(np.ceil((l0.max() + 1) / width)) + 1) * width
    steps = int(np.ceil(np.log10(m) / 0.25))
    density_edges = (np.arange(steps + 1) - steps) * 0.25
    fvu = np.mean((x - y).var(1) / x.var(1))
    centred_x, centred_y = x - x.mean(0), y - y.mean(0)
    return {
        "fvu": fvu,
        "evr": 1 - fvu,
        "cosine": np.mean(np.sum(x * y, 1) / np.linalg.norm(x, axis=1) / np.linalg.norm(y, axis=1)),
        "nmae": np.abs(x - y).mean() / np.abs(x).mean(),
        "l0": l0.mean(),
        "cknna": cknna(x[:1000], z[:1000]),
        "explainedVariance": r2_score(x, y, multioutput="variance_weighted"),
        "shrinkage": {
            "normRatio": np.mean(np.linalg.norm(y, axis=1) / np.linalg.norm(x, axis=1)),
            "slope": np.linalg.lstsq(x.reshape(-1, 1), y.ravel(), rcond=None)[0][0],
            "centredSlope": np.linalg.lstsq(centred_x.reshape(-1, 1), centred_y.ravel(), rcond=None)[0][0],
        },
        "sparsity": np.mean(z == 0),
        "dead": int((uses == 0).sum()),
        "l0Distribution": {
            "sd": l0.std(),
            "quantiles": [{"share": q, "l0": np.quantile(l0, q)} for q in (0, 0.05, 0.25, 0.5, 0.75, 0.95, 1)],
            "histogram": {"edges": l0_edges.tolist(), "counts": np.histogram(l0, l0_edges)[0].tolist()},
        },
        "density": {
            "edges": density_edges.tolist(),
            "counts": np.histogram(np.log10(uses[uses > 0] / m), density_edges)[0].tolist(),
        },
    }


gram = w_dec @ w_dec.T
ks = [1, 2, 4, 8, 16]
by_k = [{"k": k, **quality(top(relu, k))} for k in ks]
orthogonality = np.sum((gram - np.diag(np.diag(gram))) ** 2) / n**2

# the probe of every second row, read on the others
train, test = np.arange(0, m, 2), np.arange(1, m, 2)
exact = {"tol": 1e-10, "max_iter": 2000, "solver": "newton-cholesky"}
probe = LogisticRegression(C=1.0, **exact).fit(x[train], labels[train])
lp = []
for k in ks:
    p, q = (probe.predict_proba(rows) for rows in (x[test], decode(top(relu, k))[test]))
    agreement = np.mean(probe.predict(x[test]) == probe.predict(decode(top(relu, k))[test]))
    accuracy = probe.score(decode(top(relu, k))[test], labels[test])
    lp.append({"k": k, "kl": np.mean(rel_entr(p, q).sum(1)), "agreement": agreement, "accuracy": accuracy})
# far from the data, where probabilities round to 0
far = probe.decision_function(x[test] * 400)
p, q = log_softmax(probe.decision_function(x[test]), axis=1), log_softmax(far, axis=1)
far_kl = np.mean(np.sum(np.exp(p) * (p - q), 1))


def of_class(rows, own):
    deviations = rows[train].std(0)
    scaled = rows * np.where(deviations > 0, 1 / np.where(deviations > 0, deviations, 1), 0)
    fitted = LogisticRegression(C=1.0, class_weight="balanced", **exact).fit(scaled[train], own[train])
    told, truth = fitted.predict(scaled[test]), own[test]
    figures = {
        "accuracy": accuracy_score(truth, told),
        "balancedAccuracy": balanced_accuracy_score(truth, told),
        "f1": f1_score(truth, told),
    }
    direction = fitted.coef_[0] * np.where(deviations > 0, 1 / np.where(deviations > 0, deviations, 1), 0)
    placed = fitted.predict(scaled)
    return figures, direction, placed


codes = top(relu, 8)
subs = np.zeros(m, dtype=int)
probing, splits, absorbed = [], [], []
for label in range(3):
    own = (labels == label).astype(int)
    inside, outside = codes[train][own[train] == 1], codes[train][own[train] == 0]
    within = (inside.var(0) * len(inside) + outside.var(0) * len(outside)) / len(train)
    apart = np.abs(inside.mean(0) - outside.mean(0))
    score = np.divide(apart, np.sqrt(within), out=np.zeros(n), where=within > 0)
    ranked = np.argsort(-score, kind="stable")
    dense, direction, placed = of_class(x, own)
    sparse = [{"k": k, "latents": ranked[:k].tolist(), **of_class(codes[:, ranked[:k]], own)[0]} for k in (1, 3, 5)]
    probing.append({"class": label, "dense": dense, "sparse": sparse})
    f1 = [of_class(codes[:, ranked[:k]], own)[0]["f1"] for k in range(1, 11)]
    count = 1
    while count < 10 and f1[count] > f1[count - 1] + 0.03:
        count += 1
    mains = ranked[:count]
    splits.append({"mains": mains.tolist(), "f1": f1[count - 1]})
    # sub-clusters of a class: the halves of its first feature
    rows_of = np.flatnonzero(own)
    subs[rows_of] = (x[rows_of, 0] > np.median(x[rows_of, 0])).astype(int)
    # absorption with one main latent, so that there is some
    unit = direction / np.linalg.norm(direction)
    projections = codes * (w_dec @ unit)
    whole = ((x - mean) * scale - b_pre) @ unit
    cosines = w_dec @ unit / np.linalg.norm(w_dec, axis=1)
    active_parts = np.where(codes > 0, projections, -np.inf)
    best = active_parts.argmax(1)
    part = active_parts.max(1)
    silent = codes[:, ranked[0]] == 0
    taken = silent & (whole > 0) & (part >= 0.4 * whole) & (cosines[best] >= 0.025)
    counted = (own == 1) & (placed == 1) & np.isin(np.arange(m), test)
    entry = {"main": int(ranked[0]), "rows": int(counted.sum()), "recall": float((~silent)[counted].mean())}
    entry["absorbed"] = float(taken[counted].mean())
    entry["subs"] = [
        {
            "sub": sub,
            "rows": int((counted & (subs == sub)).sum()),
            "recall": float((~silent)[counted & (subs == sub)].mean()),
            "absorbed": float(taken[counted & (subs == sub)].mean()),
        }
        for sub in (0, 1)
    ]
    absorbed.append(entry)

# matching of dictionaries: square, wide, tall, and of costs full of ties
assignments = []
for rows, columns, ties in ((9, 9, False), (7, 12, False), (12, 7, False), (10, 10, True), (1, 4, False), (30, 24, True)):
    cost = random.integers(0, 4, (rows, columns)).astype(float) if ties else short(random.normal(size=(rows, columns)))
    i, j = linear_sum_assignment(cost)
    assignments.append({"rows": rows, "columns": columns, "cost": numbers(cost, 3), "total": cost[i, j].sum()})
# and one in which many rows compete: noisy copies of few dimensions
points = short(random.normal(size=(160, 5)))
copies = short(points + 0.8 * random.normal(size=points.shape))
i, j = linear_sum_assignment(-(points @ copies.T))
crowded = {"d": 5, "points": numbers(points, 3), "copies": numbers(copies, 3), "total": -(points @ copies.T)[i, j].sum()}
other = short(w_dec[random.permutation(n)][:30] + 0.35 * random.normal(size=(30, d)))
alike = cosine_similarity(w_dec, other)
i, j = linear_sum_assignment(-alike)
stability = {
    "rows": 30,
    "other": numbers(other, 3),
    "meanMatched": alike[i, j].mean(),
    "sharedShare": np.mean(alike[i, j] >= 0.7),
    "meanMax": alike.max(1).mean(),
    "meanMaxBack": alike.max(0).mean(),
}

# sub-clusters: least inertia of many starts
inertia = [KMeans(3, n_init=50, random_state=0, tol=0).fit(x[labels == label]).inertia_ for label in range(3)]

json.dump(
    {
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "scikitLearn": sklearn.__version__,
        "sae": {
            "d": d,
            "n": n,
            "scale": scale,
            "wEnc": numbers(w_enc, 3),
            "wDec": numbers(w_dec, 3),
            "bLat": numbers(b_lat, 3),
            "bPre": numbers(b_pre, 3),
            "mean": numbers(mean, 3),
        },
        "embeddings": numbers(x, 3),
        "labels": labels.tolist(),
        "byK": by_k,
        "full": quality(relu),
        "decoderOrthogonality": orthogonality,
        "probeLoss": lp,
        "farKl": far_kl,
        "subs": subs.tolist(),
        "probing": probing,
        "splitting": splits,
        "absorption": absorbed,
        "assignments": assignments,
        "crowded": crowded,
        "stability": stability,
        "inertia": inertia,
    },
    sys.stdout,
    separators=(",", ":"),
    default=float,
)
