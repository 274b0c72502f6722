"""Reference values for src/attention/normalisers, by the package entmax.

    pip install torch entmax
    python scripts/reference/make_normalisers.py > test/fixtures/normalisers.json

Each case has a row of scores, which of them are kept, an upstream gradient, and of each normaliser the probabilities and the gradient
for the scores, in float64. A removed score is minus infinity there; its gradient is 0.
"""

import json
from importlib.metadata import version

import torch
from entmax import entmax15, sparsemax

torch.manual_seed(11)
NORMALISERS = {
    "softmax": lambda z: z.softmax(-1),
    "sparsemax": lambda z: sparsemax(z, dim=-1),
    "entmax15": lambda z: entmax15(z, dim=-1),
}


def case(scores, keep=None):
    scores = torch.as_tensor(scores, dtype=torch.float32).double()
    keep = torch.ones_like(scores, dtype=torch.bool) if keep is None else torch.as_tensor(keep, dtype=torch.bool)
    upstream = torch.randn(scores.shape).double()
    made = {"scores": scores.tolist(), "keep": keep.int().tolist(), "upstream": upstream.tolist()}
    for name, normalise in NORMALISERS.items():
        z = scores.clone().requires_grad_()
        p = normalise(z.masked_fill(~keep, -torch.inf))
        (p * upstream).sum().backward()
        made[name] = {"probabilities": p.tolist(), "gradient": z.grad.tolist()}
    return made


cases = [case(spread * torch.randn(n)) for n in (1, 2, 3, 7, 16, 50) for spread in (0.1, 1, 4)]
cases += [case(2 * torch.randn(n), torch.rand(n) < share) for n in (9, 33) for share in (0.3, 0.7)]
# equal scores, two that lie exactly as far apart as the support reaches, and scores far from 0
cases += [case([0.5] * 6), case([1.0, 1.0, -3.0, 0.25]), case(100 + torch.randn(12)), case(-100 + torch.randn(12))]
assert all(any(made["keep"]) for made in cases)
print(json.dumps({"entmax": version("entmax"), "cases": cases}))
