"""Writes test/fixtures/adamw.json: ten steps of torch.optim.AdamW, for src/kernels/adamw.test.ts.

    python scripts/make-adamw-fixture.py     (needs torch)
"""

import json
from pathlib import Path

import torch

STEPS = 10
CASES = [
    dict(shape=[1], lr=1e-3, betas=[0.9, 0.999], eps=1e-8, weight_decay=0.0, scale=1.0),
    dict(shape=[3], lr=2e-5, betas=[0.9, 0.999], eps=1e-8, weight_decay=0.01, scale=1.0),
    dict(shape=[2, 5], lr=0.1, betas=[0.8, 0.95], eps=1e-6, weight_decay=0.1, scale=1.0),
    dict(shape=[7, 9], lr=5e-4, betas=[0.9, 0.98], eps=1e-6, weight_decay=0.01, scale=0.37),
    dict(shape=[4, 3, 3], lr=1e-2, betas=[0.9, 0.999], eps=1e-8, weight_decay=0.0, scale=1 / 32),
    dict(shape=[64], lr=1e-3, betas=[0.9, 0.999], eps=1e-3, weight_decay=0.5, scale=1e-3),
]


def floats(tensor):
    return [float(x) for x in tensor.flatten()]


def run(case, generator):
    param = torch.nn.Parameter(torch.randn(case["shape"], generator=generator))
    optimiser = torch.optim.AdamW(
        [param],
        lr=case["lr"],
        betas=tuple(case["betas"]),
        eps=case["eps"],
        weight_decay=case["weight_decay"],
        foreach=False,
        fused=False,
    )
    before = floats(param.detach())
    gradients, params = [], []
    for step in range(STEPS):
        gradient = torch.randn(case["shape"], generator=generator) * 10.0 ** float(torch.randint(-4, 3, (1,), generator=generator))
        if step == 4:
            gradient.zero_()
        # The learning rate moves, as under a warm-up.
        optimiser.param_groups[0]["lr"] = case["lr"] * (step + 1) / STEPS
        gradients.append(floats(gradient))
        param.grad = gradient * case["scale"]
        optimiser.step()
        params.append(floats(param.detach()))
    state = optimiser.state[param]
    return dict(case, before=before, gradients=gradients, params=params, m=floats(state["exp_avg"]), v=floats(state["exp_avg_sq"]))


generator = torch.Generator().manual_seed(20250806)
out = dict(torch=torch.__version__.split("+")[0], cases=[run(case, generator) for case in CASES])
target = Path(__file__).parent.parent / "test/fixtures/adamw.json"
# Nine digits give every float32 back exactly.
text = json.dumps(json.loads(json.dumps(out), parse_float=lambda x: float(f"{float(x):.9g}")), separators=(",", ":"))
target.write_text(text + "\n")
print(f"wrote {target}, {len(text)} bytes")
