"""Reference values for src/studies/statistics, by SciPy and scikit-learn.

    python scripts/statistics-fixtures.py > src/studies/statistics/reference.fixture.json
"""

import json
import sys

import numpy as np
import scipy
import sklearn
from scipy import optimize, special, stats
from sklearn.metrics import accuracy_score, log_loss

rng = np.random.default_rng(7)
N, C = 120, 3
logits = np.round(rng.normal(size=(N, C)) * 3, 3)
labels = np.where(rng.random(N) < 0.6, logits.argmax(1), rng.integers(0, C, N))
p = special.softmax(logits, axis=1)
hot = np.eye(C)[labels]

confidence, correct = p.max(1), p.argmax(1) == labels
ece = 0.0
edges = np.linspace(0, 1, 16)
for low, high in zip(edges[:-1], edges[1:]):
    inside = (confidence > low) & (confidence <= high)
    if inside.any():
        ece += inside.mean() * abs(correct[inside].mean() - confidence[inside].mean())

nll = lambda t: log_loss(labels, special.softmax(logits / t, axis=1))
fit = optimize.minimize_scalar(nll, bounds=(0.05, 20), method="bounded", options={"xatol": 1e-10})

differences = np.round(rng.normal(size=(5, 40)) + rng.normal(size=(5, 1)) + rng.normal(size=(1, 40)), 3)
means = differences.mean(1)
interval = stats.t.interval(0.95, 4, means.mean(), stats.sem(means))
residual = differences - differences.mean(1, keepdims=True) - differences.mean(0, keepdims=True) + differences.mean()
noise = (residual**2).sum() / (4 * 39)
samples = np.round(rng.normal(size=31), 4)

json.dump(
    {
        "made_by": {"numpy": np.__version__, "scipy": scipy.__version__, "sklearn": sklearn.__version__},
        "student": [
            {"p": q, "df": df, "t": float(stats.t.ppf(q, df))}
            for df in (1, 2, 4, 9, 30, 400)
            for q in (0.55, 0.8, 0.95, 0.975, 0.995, 0.9999)
        ],
        "normal": [{"p": q, "z": float(stats.norm.ppf(q))} for q in (0.6, 0.95, 0.975, 0.9999)],
        "quantiles": {"values": sorted(samples.tolist()), "at": [0.025, 0.31, 0.5, 0.99], "is": np.quantile(samples, [0.025, 0.31, 0.5, 0.99]).tolist()},
        "calibration": {
            "logits": logits.tolist(),
            "labels": labels.tolist(),
            "accuracy": accuracy_score(labels, p.argmax(1)),
            "nll": log_loss(labels, p),
            "brier": float(((p - hot) ** 2).sum(1).mean()),
            "ece": float(ece),
            "temperature": float(fit.x),
            "nll_at_temperature": float(fit.fun),
        },
        "anova": {
            "differences": differences.ravel().tolist(),
            "seeds": 5,
            "between_seeds": float(means.var(ddof=1)),
            "noise": float(noise),
            "example_effect": float(differences.mean(0).var(ddof=1) - noise / 5),
            "interval": [float(x) for x in interval],
        },
    },
    sys.stdout,
)
print()
