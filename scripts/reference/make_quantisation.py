"""Reference values for rounding to 8 bits (src/graph/ops/quantising.ts), by PyTorch's fake quantisation.

    pip install torch
    python scripts/reference/make_quantisation.py > test/fixtures/quantisation.json

rows    fake_quantize_per_channel_affine over axis 0 with scales max |row| / steps and zero points 0
Each has x [rows, columns], the rounded values, an upstream gradient and the gradient for x.
"""

import json

import torch

torch.manual_seed(3)


def case(rows, columns, rounded):
    x = (torch.randn(rows, columns) * torch.linspace(0.1, 3, rows)[:, None]).requires_grad_()
    upstream = torch.randn(rows, columns)
    made = rounded(x)
    (made * upstream).sum().backward()
    tensors = {"x": x.detach(), "rounded": made.detach(), "upstream": upstream, "gradient": x.grad}
    return {"rows": rows, "columns": columns} | {name: t.flatten().tolist() for name, t in tensors.items()}


def row_steps(steps):
    def rounded(x):
        scales = x.detach().abs().amax(1) / steps
        return torch.fake_quantize_per_channel_affine(x, scales, torch.zeros(len(x), dtype=torch.int32), 0, -steps, steps)

    return rounded


print(
    json.dumps(
        {
            "torch": torch.__version__,
            "rows": [{"steps": steps} | case(*size, row_steps(steps)) for steps, size in ((64, (3, 7)), (127, (2, 5)))],
        }
    )
)
