"""Writes test/fixtures/models/*-m*.safetensors: what PyTorch and transformers compute for tiny ModernBERTs and ViTs.

    python scripts/make-modern-fixtures.py [--out test/fixtures/models]

The files have the tensors that make-model-fixtures.py documents, made in the same way; here is what differs.

    mask.layer.{i}.attentionOutput [B, n, D]   ModernBERT: at attention_dropout
    mask.layer.{i}.feedForward [B, n, F]       ModernBERT: behind the gate, before W_o;  ViT: [B, n, D]
    mask.classifier                            not in ViT
    pixel_values [B, C, height, width]         ViT; its input_ids are zeros that nothing reads, its attention_mask is full
    weight.<name>                              ViT: the names of checkpoints, not of the module

Top-k in a local layer ranks, for each query, the valid keys within its window: k = max(1, ceil(0.2 * those keys - 1e-9)).
"""

import argparse
import importlib.util
import json
import math
import re
import tempfile
from contextlib import contextmanager, nullcontext
from pathlib import Path

import torch
import torch.nn.functional as F
import transformers
from safetensors import safe_open
from transformers.models.modernbert import modeling_modernbert

spec = importlib.util.spec_from_file_location("base", Path(__file__).parent / "make-model-fixtures.py")
base = importlib.util.module_from_spec(spec)
spec.loader.exec_module(base)
DROPOUT, SPARSITY, STEPS = base.DROPOUT, base.SPARSITY, base.STEPS

# family, layers, D, H, F, vocab, max positions, type vocab, C, B, n, longest row, eps, activation, {own keys of config.json}
MODERN = [
    ("modernbert", 3, 16, 2, 20, 31, 12, 0, 2, 2, 9, 9, 1e-5, "gelu", {"local_attention": 4}),
    ("modernbert", 4, 18, 3, 14, 29, 20, 0, 3, 3, 14, 14, 1e-5, "gelu", {"local_attention": 6, "classifier_pooling": "mean"}),
    (
        "modernbert", 2, 12, 3, 17, 23, 9, 0, 4, 4, 8, 8, 1e-5, "gelu",
        {"local_attention": 2, "global_attn_every_n_layers": 2, "pad_token_id": 5}
        | {f"{part}_bias": True for part in ("attention", "mlp", "norm", "classifier")},
    ),
    (
        "modernbert", 2, 10, 1, 12, 19, 30, 0, 2, 1, 11, 11, 1e-2, "silu",
        {"local_attention": 5, "classifier_pooling": "mean", "classifier_activation": "relu"},
    ),
    (
        "modernbert", 5, 20, 1, 11, 26, 17, 0, 5, 2, 17, 17, 1e-5, "gelu",
        {"local_attention": 7, "global_attn_every_n_layers": 2, "global_rope_theta": 50.0, "local_rope_theta": 3.0},
    ),
    (
        "modernbert", 3, 24, 4, 15, 22, 40, 0, 3, 3, 12, 10, 1e-3, "gelu_pytorch_tanh",
        {
            "local_attention": 3, "classifier_pooling": "mean", "norm_bias": True, "pad_token_id": 2,
            "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
            "rope_parameters": {
                "full_attention": {"rope_type": "default", "rope_theta": 700.0},
                "sliding_attention": {"rope_type": "default", "rope_theta": 20.0},
            },
        },
    ),
    ("modernbert", 2, 20, 5, 9, 18, 13, 0, 2, 5, 13, 13, 1e-5, "relu", {"local_attention": 4, "attention_bias": True}),
]
VIT = [
    ("vit", 2, 16, 2, 24, 0, 0, 0, 2, 2, 5, 5, 1e-12, "gelu", {"image_size": 8, "patch_size": 4, "num_channels": 3}),
    ("vit", 1, 18, 3, 14, 0, 0, 0, 3, 3, 17, 17, 1e-12, "gelu", {"image_size": 12, "patch_size": 3, "num_channels": 1}),
    (
        "vit", 3, 12, 4, 19, 0, 0, 0, 4, 2, 9, 9, 1e-2, "relu",
        {"image_size": [8, 12], "patch_size": [4, 3], "num_channels": 3, "qkv_bias": False},
    ),
    ("vit", 2, 20, 1, 15, 0, 0, 0, 5, 4, 17, 17, 1e-12, "gelu", {"image_size": 9, "patch_size": 2, "num_channels": 2}),
]
WITH_STEPS = {MODERN[1][:4], VIT[0][:4]}
TASKS = [
    ("token_classification", ("modernbert", 4, 12, 2, 13, 21, 16, 0, 4, 3, 10, 9, 1e-5, "gelu", {"local_attention": 4})),
    ("masked_lm", ("modernbert", 4, 12, 3, 13, 21, 16, 0, 2, 3, 10, 10, 1e-5, "gelu", {"local_attention": 6})),
    (
        "masked_lm",
        (
            "modernbert", 2, 16, 2, 11, 17, 16, 0, 2, 2, 9, 8, 1e-5, "gelu",
            {"local_attention": 2, "decoder_bias": False, "norm_bias": True, "classifier_bias": True, "pad_token_id": 3},
        ),
    ),
]

# How a ViT's parameters are called in checkpoints: what save_pretrained writes.
STORED = [
    (r"\.layers\.(\d+)\.attention\.(q|k|v)_proj\.", lambda m: f".layers.{m[1]}.attention.attention.{dict(q='query', k='key', v='value')[m[2]]}."),
    (r"\.attention\.o_proj\.", lambda _: ".attention.output.dense."),
    (r"\.mlp\.fc1\.", lambda _: ".intermediate.dense."),
    (r"\.mlp\.fc2\.", lambda _: ".output.dense."),
    (r"\.layers\.", lambda _: ".encoder.layer."),
]


def stored_name(name):
    for pattern, to in STORED if name.startswith("vit.") else []:
        name = re.sub(pattern, to, name)
    return name


def named(model):
    return [(stored_name(name), parameter) for name, parameter in base.named(model)]


def check_names(model):
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        with safe_open(f"{folder}/model.safetensors", "pt") as file:
            assert set(file.keys()) == {name for name, _ in named(model)}, set(file.keys())


def pad_of(case):
    return case[14].get("pad_token_id", 0)


def build_model(case, head):
    family, layers, width, heads, inner, vocab, positions, _, classes, _, _, _, eps, activation, own = case
    common = dict(
        hidden_size=width, num_hidden_layers=layers, num_attention_heads=heads, intermediate_size=inner, num_labels=classes,
        attn_implementation="eager",
    )
    if family == "vit":
        config = transformers.ViTConfig(
            layer_norm_eps=eps, hidden_act=activation, hidden_dropout_prob=DROPOUT, attention_probs_dropout_prob=DROPOUT,
            **common, **own,
        )
        return transformers.ViTForImageClassification(config)
    config = transformers.ModernBertConfig(
        vocab_size=vocab, max_position_embeddings=positions, norm_eps=eps, hidden_activation=activation,
        attention_dropout=DROPOUT, embedding_dropout=DROPOUT, mlp_dropout=DROPOUT, classifier_dropout=DROPOUT,
        bos_token_id=None, eos_token_id=None, cls_token_id=None, sep_token_id=None, **{"pad_token_id": 0, **own}, **common,
    )
    return getattr(transformers, f"ModernBert{head}")(config)


def randomise(model, generator):
    """As the other script: weights large enough that attention is far from uniform and every gradient is alive."""
    with torch.no_grad():
        for name, parameter in named(model):
            noise = torch.randn(parameter.shape, generator=generator)
            if "norm" in name and name.endswith("weight"):
                parameter.copy_(1 + 0.2 * noise)
            elif name.endswith("bias"):
                parameter.copy_(0.3 * noise)
            elif any(part in name for part in ("tok_embeddings", "cls_token", "position_embeddings")):
                parameter.copy_(noise)
            else:
                parameter.copy_(1.3 / math.sqrt(parameter[0].numel()) * noise)


def make_batch(case, generator):
    if case[0] == "modernbert":
        return base.make_batch((*case[:14], {"pad": pad_of(case)}), generator)
    own, size, length = case[14], case[9], case[10]
    height, width = own["image_size"] if isinstance(own["image_size"], list) else [own["image_size"]] * 2
    return {
        "pixel_values": torch.randn(size, own["num_channels"], height, width, generator=generator),
        "input_ids": torch.zeros(size, length, dtype=torch.long),
        "token_type_ids": torch.zeros(size, length, dtype=torch.long),
        "attention_mask": torch.ones(size, length, dtype=torch.long),
        "labels": torch.randint(0, case[8], (size,), generator=generator),
    }


def make_masks(case, generator, task="single_label_classification"):
    family, layers, width, heads, inner, size, length = *case[:5], case[9], case[10]
    shapes = {"embeddings": (size, length, width)}
    for layer in range(layers):
        shapes[f"layer.{layer}.attentionProbabilities"] = (size, heads, length, length)
        shapes[f"layer.{layer}.attentionOutput"] = (size, length, width)
        shapes[f"layer.{layer}.feedForward"] = (size, length, inner if family == "modernbert" else width)
    if family == "modernbert" and task != "masked_lm":
        shapes["classifier"] = (size, length, width) if task == "token_classification" else (size, width)
    return {
        site: (torch.rand(shape, generator=generator) >= DROPOUT).float() * torch.tensor(1 / (1 - DROPOUT))
        for site, shape in shapes.items()
    }


def allowed_pairs(model, attention_mask):
    """What the model itself lets each query see: bool [B, n, n], one entry a layer."""
    size, length = attention_mask.shape
    places = torch.arange(length)
    valid = attention_mask.bool()[:, None, :].expand(size, length, length)
    near = (places[:, None] - places[None, :]).abs() <= getattr(model.config, "local_attention", 0) // 2
    kinds = getattr(model.config, "layer_types", None) or ["full_attention"] * model.config.num_hidden_layers
    return [valid & near if kind == "sliding_attention" else valid for kind in kinds]


def choose(scores, allowed):
    """Top-k of each query's allowed keys: kept [B, H, n, n] (bool) and the boundary gap [B, H, n]."""
    counts = allowed.sum(-1)  # [B, n]
    k = torch.ceil((1 - SPARSITY) * counts.double() - 1e-9).clamp(min=1).long()  # [B, n]
    order = torch.argsort(scores.masked_fill(~allowed[:, None], -math.inf), dim=-1, descending=True, stable=True)
    rank = torch.argsort(order, dim=-1)  # the place of each key
    kept = (rank < k[:, None, :, None]) & allowed[:, None]
    ranked = scores.gather(-1, order)
    index = k[:, None, :, None].expand(*scores.shape[:-1], 1)
    behind = ranked.gather(-1, index.clamp(max=scores.shape[-1] - 1))
    gap = (ranked.gather(-1, index - 1) - behind)[..., 0].float()
    return kept, gap.masked_fill((k >= counts)[:, None], math.inf)


@contextmanager
def top_k(model, attention_mask, record, forced=None):
    """Each softmax of the forward pass keeps k of the keys that its layer allows; `forced` gives the choice instead."""
    real = attention_mask.bool()
    layers = allowed_pairs(model, attention_mask)

    def softmax(scores, dim=-1, **kwargs):
        layer = len(record)
        with torch.no_grad():
            kept, gap = choose(scores.detach(), layers[layer])
        kept = kept if forced is None else forced[layer]
        record.append((kept, gap))
        # a padded query far from every real token has no key: give it the first, or its softmax has no terms
        nothing = ~kept.any(-1, keepdim=True) & (torch.arange(scores.shape[-1]) == 0)
        return original(scores.masked_fill(~(kept | nothing), -math.inf), dim=dim)

    with base.replaced("softmax", softmax) as original:
        yield
    for layer, (kept, gap) in enumerate(record):
        query = real[:, None, :]  # [B, 1, n]
        record[layer] = (kept & query[..., None], gap.masked_fill(~query, math.inf))


@contextmanager
def in_float64():
    """Without transformers' own casts to float32 in the softmax and the rotation."""
    rotation = modeling_modernbert.apply_rotary_pos_emb

    def rotated(q, k, cos, sin, unsqueeze_dim=1):
        cos, sin = cos.unsqueeze(unsqueeze_dim), sin.unsqueeze(unsqueeze_dim)
        return tuple(x * cos + modeling_modernbert.rotate_half(x) * sin for x in (q, k))

    modeling_modernbert.apply_rotary_pos_emb = rotated
    try:
        with base.replaced("softmax", lambda x, dim=-1, **kwargs: original(x, dim=dim)) as original:
            yield
    finally:
        modeling_modernbert.apply_rotary_pos_emb = rotation


def forward(model, batch):
    if "pixel_values" in batch:
        return model(pixel_values=batch["pixel_values"].to(next(model.parameters()).dtype)).logits
    return model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits


def train_pass(model, task, batch, labels, masks):
    model.train()
    model.zero_grad()
    with base.recorded_dropout(masks):
        logits = forward(model, batch)
    loss = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), labels.flatten())  # ignores -100
    loss.backward()
    return logits.detach(), loss.detach(), {name: p.grad.clone() for name, p in named(model)}


def adamw_steps(model, batch):
    """As the other script; transformers' Trainer decays neither biases nor any norm."""
    model.eval()
    plain = [p for name, p in named(model) if name.endswith("bias") or "norm" in name]
    decayed = [p for p in model.parameters() if not any(p is q for q in plain)]
    optimiser = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": STEPS["weightDecay"]}, {"params": plain, "weight_decay": 0.0}],
        lr=STEPS["learningRate"],
    )
    schedule = transformers.get_linear_schedule_with_warmup(optimiser, STEPS["warmupSteps"], STEPS["totalSteps"])
    losses, rates, norms = [], [], []
    for _ in range(STEPS["count"]):
        optimiser.zero_grad()
        loss = F.cross_entropy(forward(model, batch), batch["labels"])
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), STEPS["maxGradNorm"]).item())
        rates.append(schedule.get_last_lr()[0])
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
    out = {"steps.loss": torch.tensor(losses), "steps.learningRate": torch.tensor(rates), "steps.gradNorm": torch.tensor(norms)}
    return out | {f"steps.weight.{name}": p.detach().clone() for name, p in named(model)}


def check_settings_matter(model, case, batch, logits):
    """A reader that ignored the window, swapped the two kinds of layers or took one theta for both must not pass."""
    kinds = model.config.layer_types
    if len(set(kinds)) < 2:
        return
    ropes = model.config.rope_parameters
    for changed in (
        {"local_attention": 200},
        {"layer_types": ["full_attention" if kind != "full_attention" else "sliding_attention" for kind in kinds]},
        {"rope_parameters": {kind: ropes["full_attention"] for kind in ropes}},
        {"rope_parameters": {kind: ropes["sliding_attention"] for kind in ropes}},
    ):
        config = type(model.config).from_dict({**model.config.to_dict(), **changed})
        config._attn_implementation = "eager"
        other = type(model)(config)
        other.load_state_dict(model.state_dict())
        off = (eval_pass(other, batch) - logits).abs().max().item()
        assert off > 2e-3, (case, changed, off)


def make(case, seed, task, with_top_k):
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    model = build_model(case, base.HEAD_OF.get(task, "ForSequenceClassification"))
    check_names(model)
    randomise(model, generator)
    batch, masks = make_batch(case, generator), make_masks(case, generator, task)
    attention_mask = batch["attention_mask"]
    labels = base.task_labels(task, case, batch, generator)
    weights = {name: p.detach().clone() for name, p in named(model)}
    state = {name: t.clone() for name, t in model.state_dict().items()}
    rows = (labels != -100).flatten() if task == "masked_lm" else None

    def shown(logits):
        flat = logits.flatten(0, 1) if logits.dim() == 3 else logits
        return flat if rows is None else flat[rows]

    def passes(record):
        """Logits and gradients of a training pass, dense or by the choice in `record`."""
        with nullcontext() if record is None else top_k(model, attention_mask, record):
            return train_pass(model, task, batch, labels, masks)

    evaluated = eval_pass(model, batch)
    if case[0] == "modernbert":
        check_settings_matter(model, case, batch, evaluated)
    logits, loss, grads = passes(None)
    chosen = {"train": [], "eval": []}
    if with_top_k:
        with top_k(model, attention_mask, chosen["eval"]):
            sparse_eval = eval_pass(model, batch)
        sparse_logits, sparse_loss, sparse_grads = passes(chosen["train"])
    steps = adamw_steps(model, batch) if case[:4] in WITH_STEPS and with_top_k else {}

    # The same in float64 with every mask held fixed: it says how much of the tests' tolerance rounding alone takes.
    model.load_state_dict(state)
    model.double()
    with in_float64():
        exact_logits, _, exact_grads = train_pass(model, task, batch, labels, masks)
        check = {
            "logitsError": (shown(logits) - shown(exact_logits)).abs().max().item(),
            "gradShareOfTolerance": base.distance(grads, exact_grads),
        }
        if with_top_k:
            with top_k(model, attention_mask, [], [kept for kept, _ in chosen["train"]]):
                exact_logits, _, exact_grads = train_pass(model, task, batch, labels, masks)
            check["topkLogitsError"] = (sparse_logits - exact_logits).abs().max().item()
            check["topkGradShareOfTolerance"] = base.distance(sparse_grads, exact_grads)

    tensors = {f"weight.{name}": w for name, w in weights.items()}
    tensors |= {name: batch[name].int() for name in ("input_ids", "token_type_ids", "attention_mask")} | {"labels": labels.int()}
    if "pixel_values" in batch:
        tensors["pixel_values"] = batch["pixel_values"]
    tensors |= {f"mask.{site}": m for site, m in masks.items()}
    tensors |= {"logits.eval": shown(evaluated), "logits.train": shown(logits), "loss.train": loss.reshape(1)}
    tensors |= {f"grad.{name}": g for name, g in grads.items()}
    if with_top_k:
        for phase, layers in chosen.items():
            for layer, (kept, gap) in enumerate(layers):
                tensors[f"topk.{phase}.mask.layer.{layer}"] = kept.to(torch.uint8)
                tensors[f"topk.{phase}.gap.layer.{layer}"] = gap
        tensors |= {"topk.logits.eval": sparse_eval, "topk.logits.train": sparse_logits}
        tensors |= {"topk.loss.train": sparse_loss.reshape(1)} | {f"topk.grad.{name}": g for name, g in sparse_grads.items()}
        verify_choice(model, tensors)
    tensors |= steps
    for name, tensor in tensors.items():
        assert ".gap." in name or torch.isfinite(tensor.float()).all(), name
    assert not torch.equal(tensors["logits.eval"], tensors["logits.train"]), "dropout changed nothing"
    assert max(value for name, value in check.items() if name.endswith("Error")) < 2e-5, check
    assert max(value for name, value in check.items() if name.endswith("Tolerance")) < 0.5, check
    if steps:
        assert steps["steps.gradNorm"].max() > STEPS["maxGradNorm"], "clipping never bit"

    settings = {"seed": seed, "dropout": DROPOUT, "sparsity": SPARSITY} | ({"steps": STEPS} if steps else {})
    metadata = {
        "config": model.config.to_json_string(),
        "versions": json.dumps({"torch": torch.__version__, "transformers": transformers.__version__}),
        "settings": json.dumps(settings),
        "check": json.dumps(check),
    }
    return tensors, metadata | ({} if with_top_k else {"task": task}), check


def eval_pass(model, batch):
    model.eval()
    with torch.no_grad():
        return forward(model, batch)


def verify_choice(model, tensors):
    """Counts by plain loops, away from how the choice was made."""
    attention_mask = tensors["attention_mask"].tolist()
    length = len(attention_mask[0])
    radius = getattr(model.config, "local_attention", 0) // 2
    kinds = getattr(model.config, "layer_types", None) or ["full_attention"] * model.config.num_hidden_layers
    for phase in ("train", "eval"):
        for layer, kind in enumerate(kinds):
            kept = tensors[f"topk.{phase}.mask.layer.{layer}"]
            for b, row in enumerate(attention_mask):
                for query in range(length):
                    reach = radius if kind == "sliding_attention" else length
                    keys = [key for key in range(length) if row[key] and abs(key - query) <= reach]
                    want = max(1, math.ceil((1 - SPARSITY) * len(keys) - 1e-9)) if row[query] else 0
                    counts = kept[b, :, query].sum(-1)
                    assert (counts == want).all(), (layer, b, query, counts, want)
                    outside = [key for key in range(length) if key not in keys]
                    assert kept[b, :, query, outside].sum() == 0
    assert (tensors["topk.logits.eval"] - tensors["logits.eval"]).abs().max() > 1e-3, "top-k changed nothing"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "test/fixtures/models")
    out = parser.parse_args().out
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    out.mkdir(parents=True, exist_ok=True)
    jobs = [(f"case-m{i:02d}-{case[0]}", case, "single_label_classification", True) for i, case in enumerate(MODERN + VIT)]
    jobs += [(f"task-m{i:02d}-{case[0]}-{task}", case, task, False) for i, (task, case) in enumerate(TASKS)]
    total = 0
    for at, (name, case, task, with_top_k) in enumerate(jobs):
        tensors, metadata, check = make(case, 9000 + at, task, with_top_k)
        gaps = [tensor.min().item() for key, tensor in tensors.items() if ".gap." in key]
        assert min(gaps, default=math.inf) > 1e-4, (name, min(gaps), "take another seed")
        path = out / f"{name}.safetensors"
        base.write_safetensors(path, tensors, metadata)
        total += path.stat().st_size
        print(path.name, path.stat().st_size, {key: float(f"{value:.2g}") for key, value in check.items()})
    print(f"{len(jobs)} files, {total / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
