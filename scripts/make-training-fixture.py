"""Write test/fixtures/training.json: what PyTorch and transformers make of the tiny network of src/training/tiny-task.fixture.ts.

python scripts/make-training-fixture.py

- `schedules`: learning-rate factors of `get_linear_schedule_with_warmup` and `get_constant_schedule_with_warmup`, and what
  `TrainingArguments.get_warmup_steps` makes of `warmup_steps`;
- `clipping`: gradients before and after `torch.nn.utils.clip_grad_norm_`;
- `training`: twelve updates of AdamW with warm-up, decay groups and clipping: losses, norms, parameters before and after.

Made with torch 2.15.0 and transformers 5.23.0.
"""

import json
from pathlib import Path

import torch
from transformers import TrainingArguments, get_constant_schedule_with_warmup, get_linear_schedule_with_warmup

torch.manual_seed(7)
torch.set_num_threads(1)
ROWS, WIDTH, TOKENS, HIDDEN, CLASSES, BATCH, STEPS = 7, 4, 3, 8, 3, 6, 12


def factors(make, warmup: int, total: int) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = make(optimizer, warmup, total)
    values = []
    for _ in range(total):
        values.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return values


def schedules() -> list[dict]:
    cases = []
    for warmup, total in [(0.1, 25), (0.25, 10), (0, 5), (3, 10), (2.7, 8), (1, 4), (6, 6), (0.001, 3)]:
        steps = TrainingArguments(output_dir="/tmp/unused", warmup_steps=warmup, use_cpu=True).get_warmup_steps(total)
        linear = factors(get_linear_schedule_with_warmup, steps, total)
        constant = factors(lambda optimizer, w, _: get_constant_schedule_with_warmup(optimizer, w), steps, total)
        cases.append({"warmupSteps": warmup, "total": total, "updates": steps, "linear": linear, "constant": constant})
    return cases


def clipping() -> list[dict]:
    cases = []
    for limit, size in [(1.0, 3.0), (1.0, 0.01), (0.5, 0.5), (1e-3, 100.0), (1e-5, 1e-5)]:
        parameters = [torch.zeros(5, 3, requires_grad=True), torch.zeros(4, requires_grad=True)]
        for parameter in parameters:
            parameter.grad = torch.randn(parameter.shape) * size
        before = [p.grad.flatten().tolist() for p in parameters]
        norm = torch.nn.utils.clip_grad_norm_(parameters, limit)
        after = [p.grad.flatten().tolist() for p in parameters]
        cases.append({"maxGradNorm": limit, "before": before, "norm": norm.item(), "after": after})
    return cases


def training() -> dict:
    shapes = {"table": (ROWS, WIDTH), "w1": (HIDDEN, TOKENS * WIDTH), "b1": (HIDDEN,), "w2": (CLASSES, HIDDEN), "b2": (CLASSES,)}
    parameters = {name: (torch.randn(shape) * 0.5).requires_grad_() for name, shape in shapes.items()}
    before = {name: p.flatten().tolist() for name, p in parameters.items()}
    options = {"learningRate": 0.05, "warmupSteps": 3, "weightDecay": 0.1, "maxGradNorm": 0.5}
    decayed = [p for name, p in parameters.items() if not name.startswith("b")]
    plain = [p for name, p in parameters.items() if name.startswith("b")]
    groups = [{"params": decayed, "weight_decay": options["weightDecay"]}, {"params": plain, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=options["learningRate"], betas=(0.9, 0.999), eps=1e-8)
    scheduler = get_linear_schedule_with_warmup(optimizer, options["warmupSteps"], STEPS)
    batches, losses, norms = [], [], []
    for _ in range(STEPS):
        ids = torch.randint(0, ROWS, (BATCH, TOKENS))
        labels = torch.randint(0, CLASSES, (BATCH,))
        hidden = torch.relu(torch.nn.functional.linear(parameters["table"][ids].flatten(1), parameters["w1"], parameters["b1"]))
        logits = torch.nn.functional.linear(hidden, parameters["w2"], parameters["b2"])
        loss = torch.nn.functional.cross_entropy(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(parameters.values(), options["maxGradNorm"]).item())
        optimizer.step()
        scheduler.step()
        batches.append({"ids": ids.flatten().tolist(), "labels": labels.tolist()})
        losses.append(loss.item())
    after = {name: p.flatten().tolist() for name, p in parameters.items()}
    return {"options": options, "batches": batches, "losses": losses, "norms": norms, "before": before, "after": after}


path = Path(__file__).parent.parent / "test/fixtures/training.json"
path.write_text(json.dumps({"schedules": schedules(), "clipping": clipping(), "training": training()}) + "\n")
print(path)
