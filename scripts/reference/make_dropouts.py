"""Reference values for DropAttention (src/attention/dropouts) and R-Drop (src/tasks, src/models), by PyTorch's autograd in float64.

    pip install torch
    python scripts/reference/make_dropouts.py > test/fixtures/dropouts.json

dropAttention   scores [H, n, n], the mask that is given (1 kept, 0 dropped; [H, n, n] for elements, [H, 1, n] for columns), the upstream
                gradient of the weights, the weights, and the gradient for the scores. The divisor gets no gradient (NoGrad in the paper).
rDrop           logits of two passes [B, C], labels (-1: none), alpha, label smoothing, the loss, and its gradients for both logits.
                loss = (CE(first) + CE(second)) / 2 + alpha / 4 * mean(KL(p || q) + KL(q || p)), means over the labelled examples.
"""

import json

import torch
from torch.nn.functional import cross_entropy, kl_div

torch.manual_seed(5)


def float32(*shape, spread=1.0):
    return (spread * torch.randn(*shape)).double()


def drop_attention(kind, heads, n, probability):
    scores, upstream = float32(heads, n, n, spread=2), float32(heads, n, n)
    mask = (torch.rand(heads, n if kind == "elements" else 1, n) >= probability).double()
    if kind == "elements":
        mask[0, 0] = 0  # a row that loses all of its keys
    z = scores.clone().requires_grad_()
    kept = z.softmax(-1) * mask
    sums = kept.sum(-1, keepdim=True)
    weights = kept / torch.where(sums > 0, sums, torch.ones_like(sums)).detach()
    (weights * upstream).sum().backward()
    made = {"scores": scores, "mask": mask, "upstream": upstream, "weights": weights.detach(), "gradient": z.grad}
    return {"kind": kind, "heads": heads, "n": n} | {name: x.flatten().tolist() for name, x in made.items()}


def r_drop(labels, classes, alpha, smoothing):
    logits, others = float32(len(labels), classes, spread=2), float32(len(labels), classes, spread=2)
    a, b = logits.clone().requires_grad_(), others.clone().requires_grad_()
    labelled = torch.tensor(labels) >= 0
    target = torch.tensor(labels)[labelled]
    loss = (cross_entropy(a[labelled], target, label_smoothing=smoothing) + cross_entropy(b[labelled], target, label_smoothing=smoothing)) / 2
    p, q = (x[labelled].log_softmax(-1) for x in (a, b))
    both = kl_div(q, p, log_target=True, reduction="batchmean") + kl_div(p, q, log_target=True, reduction="batchmean")
    loss = loss + alpha / 4 * both
    loss.backward()
    made = {"logits": logits, "others": others, "gradient": a.grad, "gradientOfOthers": b.grad}
    settings = {"labels": labels, "classes": classes, "alpha": alpha, "smoothing": smoothing, "loss": loss.item()}
    return settings | {name: x.flatten().tolist() for name, x in made.items()}


print(
    json.dumps(
        {
            "torch": torch.__version__,
            "dropAttention": [
                drop_attention(kind, heads, n, probability)
                for kind in ("elements", "columns")
                for heads, n, probability in ((1, 2, 0.3), (2, 5, 0.1), (3, 7, 0.6))
            ],
            "rDrop": [
                r_drop([1, 0, 2, 2], 3, 1.0, 0.0),
                r_drop([1, -1, 0, 1, -1], 2, 4.0, 0.1),
                r_drop([4], 5, 0.5, 0.0),
            ],
        }
    )
)
