"""Writes test/fixtures/models/*.safetensors: what PyTorch and transformers compute for tiny random encoders.

    python scripts/make-model-fixtures.py [--out test/fixtures/models]

Needs torch, transformers, safetensors. The models are transformers' own, with attn_implementation="eager"; only
`torch.nn.functional.dropout` is replaced (by multiplication with a recorded mask) and, for the top-k half,
`torch.nn.functional.softmax` (by removal of scores, then softmax). The same command writes the same bytes again on the
same machine and versions.

Legend: B batch, n tokens, H heads, D width, C classes. Names inside one file:

    weight.<name>                     parameter, by its name in <Model>ForSequenceClassification
    input_ids, token_type_ids, attention_mask [B, n], labels [B]                                        I32
    mask.embeddings [B, n, E]         dropout masks at p = 0.1: each value is 0 or 1/(1 - p); E is D in most families
    mask.layer.{i}.attentionProbabilities [B, H, n, n]   applied after the softmax
    mask.layer.{i}.attentionOutput [B, n, D]             not in DistilBERT
    mask.layer.{i}.feedForward [B, n, D]                 not in ALBERT
    mask.layer.{i}.relativePositions [2 · span, D]       DeBERTa: on the table of relative positions
    mask.classifierInput [B, D]       RoBERTa, XLM-R, ELECTRA, MPNet, DeBERTa with a pooler_dropout: before the head's first layer
    mask.classifier [B, D]
    logits.eval [B, C]                no dropout
    logits.train [B, C], loss.train [1], grad.<name>     with the masks; mean cross-entropy

    topk.{train,eval}.mask.layer.{i} [B, H, n, n]        U8, 1 = kept; the choice made in that pass, by PyTorch's scores
    topk.{train,eval}.gap.layer.{i} [B, H, n]            k-th minus (k+1)-th score; +inf where nothing is removed
    topk.logits.eval, topk.logits.train, topk.loss.train, topk.grad.<name>

    steps.loss [3], steps.learningRate [3], steps.gradNorm [3] (before clipping), steps.weight.<name>   one file a family

`task-*` files hold the other heads: weight, inputs, mask (`mask.classifier` [B, n, D] for token classification), logits.eval,
logits.train, loss.train, grad as above, without top-k; `__metadata__.task` names the head. Losses are those of transformers' own
`forward(labels=…)`, and with class weights PyTorch's. Their `labels`:

    token_classification [B, n]       -100 for none;      masked_lm [B, n]      -100 for what is not masked; logits [M, V]
    multi_label_classification [B, C] 0 or 1;             regression [B]        F32
    single_label_classification [B]   with classWeights [C], as CrossEntropyLoss(weight=…); multi_label: pos_weight=…

Rows of padded queries: mask 0, gap +inf (PyTorch computes them, nothing reads them). Gradients of the key bias are zero in
exact arithmetic (the softmax ignores a shift), so PyTorch's are rounding noise, and AdamW turns noise into whole steps:
compare `steps.weight.*key.bias` (`*k_lin.bias`) with nothing tighter than the sum of the learning rates.

`__metadata__`: `config` (config.json as transformers writes it), `versions`, `settings`, `check` (how far this float32 result
lies from the same computation in float64, masks held fixed).
"""

import argparse
import json
import math
import struct
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
import transformers
from transformers import get_linear_schedule_with_warmup

DROPOUT = 0.1
SPARSITY = 0.8
STEPS = {"count": 3, "learningRate": 1e-3, "weightDecay": 0.01, "warmupSteps": 1, "totalSteps": 4, "maxGradNorm": 1.0}


def deberta(**keys):
    """DeBERTa-v3's keys where the class has others, each of which may be given."""
    return {
        "config": {"relative_attention": True, "pos_att_type": "p2c|c2p", "norm_rel_ebd": "layer_norm", "position_biased_input": False, **keys}
    }


# family, layers, D, H, F, vocab, max positions, type vocab, C, B, n, longest row, eps, activation[, {E, pad, config}]
# `config` holds further keys of config.json. Equal tokens far from a query tie under relative positions alone. Three eps are far above the usual ones: at 1e-5 a reader that ignored `layer_norm_eps` would still pass.
CASES = [
    ("bert", 1, 16, 2, 32, 30, 20, 2, 2, 1, 3, 3, 1e-12, "gelu"),
    ("bert", 2, 24, 4, 40, 41, 16, 2, 3, 3, 9, 9, 1e-12, "gelu"),
    ("bert", 3, 20, 5, 36, 37, 24, 2, 2, 2, 12, 12, 1e-2, "gelu"),
    ("bert", 1, 48, 6, 64, 60, 17, 2, 5, 4, 17, 17, 1e-12, "gelu"),
    ("bert", 2, 18, 3, 50, 33, 32, 1, 2, 5, 7, 7, 1e-3, "gelu"),
    ("bert", 2, 30, 2, 45, 45, 11, 3, 4, 3, 11, 10, 1e-12, "gelu"),
    ("bert", 1, 27, 3, 31, 38, 15, 2, 2, 2, 5, 5, 1e-12, "relu"),
    ("bert", 3, 16, 4, 24, 52, 18, 2, 3, 4, 14, 14, 1e-12, "gelu"),
    ("bert", 2, 32, 8, 48, 47, 40, 2, 2, 1, 16, 16, 0.1, "gelu"),
    ("bert", 1, 35, 1, 70, 35, 13, 2, 5, 5, 13, 13, 1e-12, "relu"),
    ("bert", 2, 22, 2, 29, 58, 9, 2, 2, 3, 8, 8, 1e-5, "gelu"),
    ("distilbert", 1, 16, 4, 40, 31, 12, 0, 2, 2, 4, 4, 1e-12, "gelu"),
    ("distilbert", 2, 24, 3, 48, 44, 20, 0, 3, 4, 10, 10, 1e-12, "gelu"),
    ("distilbert", 3, 18, 2, 33, 39, 30, 0, 2, 3, 15, 15, 1e-12, "gelu"),
    ("distilbert", 1, 44, 4, 72, 57, 17, 0, 4, 5, 17, 17, 1e-12, "gelu"),
    ("distilbert", 2, 28, 7, 56, 36, 8, 0, 2, 1, 8, 8, 1e-12, "gelu"),
    ("distilbert", 2, 21, 3, 40, 48, 25, 0, 5, 2, 13, 12, 1e-12, "relu"),
    ("distilbert", 1, 33, 3, 47, 30, 10, 0, 2, 3, 6, 6, 1e-12, "gelu"),
    ("distilbert", 3, 16, 2, 20, 60, 16, 0, 3, 5, 11, 11, 1e-12, "gelu"),
    ("distilbert", 2, 36, 6, 54, 42, 14, 0, 2, 2, 14, 14, 1e-12, "gelu"),
    ("distilbert", 1, 25, 5, 38, 51, 9, 0, 3, 4, 9, 9, 1e-12, "relu"),
    ("distilbert", 2, 20, 1, 64, 34, 21, 0, 2, 3, 16, 16, 1e-12, "gelu"),
    ("roberta", 1, 8, 2, 14, 19, 12, 2, 2, 2, 4, 4, 1e-12, "gelu", {}),
    ("roberta", 2, 12, 3, 20, 23, 14, 1, 3, 3, 9, 9, 1e-5, "gelu", {}),
    ("roberta", 1, 10, 5, 17, 21, 13, 2, 4, 4, 7, 6, 1e-2, "relu", {}),
    ("roberta", 2, 9, 1, 16, 18, 11, 2, 2, 5, 8, 8, 1e-12, "gelu_new", {"pad": 0}),
    ("roberta", 1, 15, 3, 11, 25, 16, 3, 5, 2, 11, 11, 1e-12, "gelu", {"pad": 3}),
    ("roberta", 3, 8, 4, 13, 17, 10, 1, 2, 3, 6, 6, 0.1, "silu", {}),
    ("xlm-roberta", 1, 14, 2, 18, 24, 14, 1, 3, 3, 10, 10, 1e-5, "gelu", {}),
    ("xlm-roberta", 2, 10, 2, 15, 20, 12, 1, 2, 2, 5, 5, 1e-12, "gelu", {}),
    ("electra", 1, 10, 2, 16, 20, 9, 2, 2, 2, 4, 4, 1e-12, "gelu", {"E": 6}),
    ("electra", 2, 12, 3, 19, 22, 12, 2, 3, 3, 9, 9, 1e-12, "gelu", {"E": 7}),
    ("electra", 1, 9, 3, 14, 21, 10, 1, 4, 4, 7, 6, 1e-2, "relu", {"E": 9}),
    ("electra", 2, 8, 1, 15, 18, 11, 3, 2, 5, 8, 8, 1e-12, "gelu", {"E": 13}),
    ("electra", 1, 15, 5, 13, 25, 12, 2, 5, 2, 11, 11, 1e-5, "gelu_new", {"E": 15}),
    ("electra", 3, 8, 4, 13, 17, 10, 2, 2, 3, 6, 6, 0.1, "gelu", {"E": 5}),
    ("albert", 1, 10, 2, 16, 20, 9, 2, 2, 2, 4, 4, 1e-12, "gelu_new", {"E": 6}),
    ("albert", 3, 12, 3, 19, 22, 12, 2, 3, 3, 9, 9, 1e-12, "gelu_new", {"E": 7}),
    ("albert", 2, 9, 3, 14, 21, 10, 1, 4, 4, 7, 6, 1e-2, "relu", {"E": 4}),
    ("albert", 4, 8, 1, 15, 18, 11, 3, 2, 5, 8, 8, 1e-12, "gelu_new", {"E": 13}),
    ("albert", 2, 15, 5, 11, 25, 12, 2, 5, 2, 11, 11, 1e-5, "gelu", {"E": 15}),
    ("albert", 3, 8, 4, 13, 17, 10, 2, 2, 3, 6, 6, 0.1, "gelu_new", {"E": 5}),
    ("mpnet", 1, 10, 2, 16, 20, 9, 0, 2, 2, 4, 4, 1e-12, "gelu"),
    ("mpnet", 2, 12, 3, 19, 22, 14, 0, 3, 3, 9, 9, 1e-5, "gelu"),
    ("mpnet", 1, 9, 1, 14, 21, 13, 0, 4, 4, 7, 6, 1e-2, "relu"),
    ("mpnet", 2, 8, 2, 15, 18, 40, 0, 2, 2, 36, 35, 1e-12, "gelu"),
    ("mpnet", 3, 8, 4, 13, 17, 10, 0, 2, 3, 6, 6, 0.1, "gelu"),
    ("deberta-v2", 1, 10, 2, 16, 20, 9, 0, 2, 2, 4, 4, 1e-7, "gelu", deberta(position_buckets=4)),
    ("deberta-v2", 2, 12, 3, 19, 22, 14, 0, 3, 3, 9, 9, 1e-7, "gelu", deberta(position_buckets=6, share_att_key=True, pooler_dropout=DROPOUT)),
    ("deberta-v2", 1, 9, 1, 14, 21, 13, 2, 4, 4, 7, 6, 1e-2, "relu", deberta(position_biased_input=True, norm_rel_ebd="none")),
    ("deberta-v2", 2, 8, 2, 15, 18, 40, 0, 2, 2, 36, 35, 1e-7, "gelu", deberta(position_buckets=8, share_att_key=True, max_relative_positions=20, position_biased_input=True)),
    ("deberta-v2", 2, 8, 4, 13, 40, 10, 0, 2, 3, 6, 6, 0.1, "gelu_new", {"E": 5} | deberta(pos_att_type=["c2p"], position_buckets=3, pooler_hidden_act="tanh")),
    ("deberta-v2", 1, 15, 5, 11, 60, 12, 3, 5, 2, 11, 11, 1e-5, "gelu", {"E": 20} | deberta(pos_att_type="p2c", max_relative_positions=8)),
    ("deberta-v2", 2, 14, 7, 12, 19, 8, 0, 3, 2, 7, 7, 1e-7, "silu", deberta(relative_attention=False, norm_rel_ebd="none", position_biased_input=True)),
]
WITH_STEPS = {1, 12, 23, 28, 31, 37, 43, 48}

# task, class weights or none; then as above
TASKS = [
    (task, weights, case)
    for case, heads in (
        (("bert", 2, 8, 2, 13, 19, 11, 2, 3, 3, 9, 8, 1e-12, "gelu", {}), ("token", "mlm", "multi", "regression", "weights", "positives")),
        (("distilbert", 2, 9, 3, 12, 17, 10, 0, 4, 4, 7, 7, 1e-12, "gelu", {}), ("token", "mlm", "multi", "regression", "positives")),
        (("distilbert", 1, 8, 2, 11, 18, 9, 0, 3, 2, 6, 6, 1e-12, "relu", {}), ("mlm",)),
        (("bert", 1, 10, 2, 11, 18, 9, 2, 3, 2, 6, 6, 1e-2, "relu", {}), ("token", "mlm")),
        (("roberta", 2, 8, 2, 13, 19, 12, 1, 3, 3, 9, 8, 1e-5, "gelu", {}), ("token", "mlm", "multi", "regression")),
        (("roberta", 1, 10, 2, 12, 17, 13, 2, 5, 4, 6, 6, 1e-2, "relu", {"pad": 0}), ("mlm",)),
        (("xlm-roberta", 1, 12, 3, 14, 18, 12, 1, 4, 2, 8, 8, 1e-5, "gelu", {}), ("token", "mlm")),
        (("electra", 2, 8, 2, 13, 19, 11, 2, 3, 3, 9, 8, 1e-12, "gelu", {"E": 5}), ("token", "mlm", "multi", "regression")),
        (("electra", 1, 10, 2, 12, 17, 9, 2, 5, 4, 6, 6, 1e-2, "relu", {"E": 10}), ("mlm",)),
        (("albert", 3, 12, 2, 14, 19, 11, 2, 3, 3, 9, 8, 1e-12, "gelu_new", {"E": 5}), ("token", "mlm", "multi", "regression")),
        (("albert", 2, 10, 2, 12, 17, 9, 2, 5, 4, 6, 6, 1e-2, "relu", {"E": 12}), ("mlm",)),
        (("mpnet", 2, 8, 2, 13, 19, 12, 0, 3, 3, 9, 8, 1e-5, "gelu"), ("token", "mlm", "multi", "regression")),
        (
            ("deberta-v2", 2, 8, 2, 13, 19, 12, 0, 3, 3, 9, 8, 1e-7, "gelu", {"E": 6} | deberta(position_buckets=4, share_att_key=True)),
            ("token", "mlm", "multi", "regression"),
        ),
        (("deberta-v2", 1, 10, 2, 12, 17, 9, 0, 5, 4, 6, 6, 1e-2, "relu", deberta(position_buckets=4, legacy=False)), ("mlm",)),
    )
    for task, weights in (
        {
            "token": ("token_classification", None),
            "mlm": ("masked_lm", None),
            "multi": ("multi_label_classification", None),
            "regression": ("regression", None),
            "weights": ("single_label_classification", [0.5, 2.0, 1.25]),
            "positives": ("multi_label_classification", [3.0, 0.5, 1.5, 2.0][: case[8]]),
        }[head]
        for head in heads
    )
]

CLASS = {
    "bert": "Bert", "distilbert": "DistilBert", "roberta": "Roberta", "xlm-roberta": "XLMRoberta", "electra": "Electra", "albert": "Albert",
    "mpnet": "MPNet", "deberta-v2": "DebertaV2",
}
DENSE_HEAD = {"roberta", "xlm-roberta", "electra", "mpnet"}
TYPED = {"bert", "electra", "albert", "deberta-v2"}


def own(case, key, otherwise):
    return case[14].get(key, otherwise) if len(case) > 14 else otherwise


def pad_of(case):
    return own(case, "pad", 1 if case[0] in ("roberta", "xlm-roberta", "mpnet") else 0)


def build_model(case, head="ForSequenceClassification"):
    family, layers, width, heads, inner, vocab, positions, types, classes, _, _, _, eps, activation = case[:14]
    common = dict(
        vocab_size=vocab, max_position_embeddings=positions, pad_token_id=pad_of(case), num_labels=classes, attn_implementation="eager"
    )
    if family == "distilbert":
        own_keys = dict(
            dim=width, n_layers=layers, n_heads=heads, hidden_dim=inner, activation=activation, dropout=DROPOUT,
            attention_dropout=DROPOUT, seq_classif_dropout=DROPOUT,
        )
    else:
        own_keys = dict(
            hidden_size=width, num_hidden_layers=layers, num_attention_heads=heads, intermediate_size=inner,
            layer_norm_eps=eps, hidden_act=activation, hidden_dropout_prob=DROPOUT, attention_probs_dropout_prob=DROPOUT,
        )
        if types > 0:
            own_keys["type_vocab_size"] = types
    if own(case, "E", None) is not None:
        own_keys["embedding_size"] = own(case, "E", None)
    own_keys |= own(case, "config", {})
    config = getattr(transformers, f"{CLASS[family]}Config")(**own_keys, **common)
    return getattr(transformers, f"{CLASS[family]}{head}")(config)


def named(model):
    """Parameters, each once; of two tied names the one that save_pretrained keeps."""
    tied = getattr(model, "_tied_weights_keys", None) or {}
    return [(tied.get(name, name), parameter) for name, parameter in model.named_parameters()]


def randomise(model, generator):
    """Larger weights than at initialisation, so that attention is far from uniform and every gradient is alive."""
    with torch.no_grad():
        for name, parameter in named(model):
            noise = torch.randn(parameter.shape, generator=generator)
            if "LayerNorm.weight" in name or "layer_norm.weight" in name:
                parameter.copy_(1 + 0.2 * noise)
            elif name.endswith("bias"):
                parameter.copy_(0.3 * noise)
            elif "embeddings." in name:
                parameter.copy_(noise)
            else:
                parameter.copy_(1.3 / math.sqrt(parameter.shape[1]) * noise)


def make_batch(case, generator):
    family, vocab, types, classes, size, length, longest = case[0], case[5], case[7], case[8], case[9], case[10], case[11]
    lengths = torch.randint(1 if size > 2 else 2, longest + 1, (size,), generator=generator)
    lengths[torch.randint(0, size, (1,), generator=generator)] = longest
    real = torch.arange(length)[None, :] < lengths[:, None]  # [B, n]
    # A real token never has the padding id, so that PyTorch's padding_idx (no gradient for that row) hides nothing.
    ids = torch.randint(1, vocab, (size, length), generator=generator) * real
    pad = pad_of(case)
    if pad != 0:
        ids = torch.where(ids == pad, 0, ids).masked_fill(~real, pad)
    second = torch.zeros(size, length, dtype=torch.long)
    if family in TYPED and types > 1:
        start = (torch.rand(size, generator=generator) * lengths).long()
        second = ((torch.arange(length)[None, :] >= start[:, None]) & real).long() * torch.randint(
            1, types, (size, 1), generator=generator
        )
    labels = torch.randint(0, classes, (size,), generator=generator)
    return {"input_ids": ids, "token_type_ids": second, "attention_mask": real.long(), "labels": labels}


def span_of(case):
    keys = own(case, "config", {})
    return keys.get("position_buckets", keys.get("max_relative_positions", case[6]))


def make_masks(case, generator, task="single_label_classification"):
    """Dropout masks by site, in the order in which the forward pass meets them."""
    family, layers, width, heads, size, length = case[0], case[1], case[2], case[3], case[9], case[10]
    keys = own(case, "config", {})
    # DeBERTa drops out behind the projection of its embeddings
    shapes = {"embeddings": (size, length, width if family == "deberta-v2" else own(case, "E", width))}
    for layer in range(layers):
        if keys.get("relative_attention"):
            shapes[f"layer.{layer}.relativePositions"] = (2 * span_of(case), width)
        shapes[f"layer.{layer}.attentionProbabilities"] = (size, heads, length, length)
        if family != "distilbert":
            shapes[f"layer.{layer}.attentionOutput"] = (size, length, width)
        if family != "albert":
            shapes[f"layer.{layer}.feedForward"] = (size, length, width)
    if task == "token_classification":
        shapes["classifier"] = (size, length, width)
    elif task != "masked_lm":
        if family in DENSE_HEAD or keys.get("pooler_dropout"):
            shapes["classifierInput"] = (size, width)
        shapes["classifier"] = (size, width)
    return {
        site: (torch.rand(shape, generator=generator) >= DROPOUT).float() * torch.tensor(1 / (1 - DROPOUT))
        for site, shape in shapes.items()
    }


@contextmanager
def replaced(name, function):
    original = getattr(F, name)
    setattr(F, name, function)
    try:
        yield original
    finally:
        setattr(F, name, original)


@contextmanager
def recorded_dropout(masks):
    """Every dropout call of the forward pass multiplies by the next recorded mask; all must be used, each once."""
    queue = list(masks.items())

    def dropout(x, p=0.5, training=True, inplace=False):
        if not training or p == 0:
            return x
        site, mask = queue.pop(0)
        assert p == DROPOUT and x.shape == mask.shape, (site, p, x.shape, mask.shape)
        return x * mask.to(x.dtype)

    with replaced("dropout", dropout):
        yield
    assert not queue, f"unused masks: {[site for site, _ in queue]}"


def choose(scores, attention_mask):
    """Top-k of the valid keys of each query: kept [B, H, n, n] (bool) and the boundary gap [B, H, n]."""
    size, heads, length, _ = scores.shape
    kept = torch.zeros(scores.shape, dtype=torch.bool)
    gap = torch.full((size, heads, length), math.inf)
    for b in range(size):
        valid = int(attention_mask[b].sum())
        k = max(1, math.ceil((1 - SPARSITY) * valid - 1e-9))
        row = scores[b, :, :, :valid]  # padding stands at the end: [H, n, valid]
        order = torch.argsort(row, dim=-1, descending=True, stable=True)  # stable: a tie goes to the earlier key
        kept[b, :, :, :valid] = torch.zeros_like(row, dtype=torch.bool).scatter(-1, order[..., :k], True)
        if k < valid:
            ranked = row.gather(-1, order)
            gap[b] = (ranked[..., k - 1] - ranked[..., k]).float()
    return kept, gap


@contextmanager
def top_k(attention_mask, record, forced=None):
    """Each softmax of the forward pass keeps k keys a query; `forced` gives the choice instead of the scores."""
    real = attention_mask.bool()

    def softmax(scores, dim=-1, **kwargs):
        layer = len(record)
        with torch.no_grad():
            kept, gap = choose(scores.detach(), attention_mask)
        if forced is not None:
            kept = forced[layer]
        record.append((kept, gap))
        return original(scores.masked_fill(~kept, -math.inf), dim=dim)

    with replaced("softmax", softmax) as original:
        yield
    for layer, (kept, gap) in enumerate(record):
        query = real[:, None, :]  # [B, 1, n]
        record[layer] = (kept & query[..., None], gap.masked_fill(~query, math.inf))


def inputs_of(model, batch):
    inputs = {name: batch[name] for name in ("input_ids", "attention_mask")}
    if model.config.model_type in TYPED:
        inputs["token_type_ids"] = batch["token_type_ids"]
    return inputs


def forward(model, batch):
    return model(**inputs_of(model, batch)).logits


def train_pass(model, batch, masks):
    model.train()
    model.zero_grad()
    with recorded_dropout(masks):
        logits = forward(model, batch)
    loss = F.cross_entropy(logits, batch["labels"])
    loss.backward()
    return logits.detach(), loss.detach(), {name: p.grad.clone() for name, p in named(model)}


def eval_pass(model, batch):
    model.eval()
    with torch.no_grad():
        return forward(model, batch)


def adamw_steps(model, batch):
    """Three steps without dropout, as transformers' Trainer takes them: no decay on names with "bias" in them and LayerNorm."""
    model.eval()
    plain = [p for name, p in named(model) if "bias" in name or "layernorm" in name.lower().replace("_", "")]
    decayed = [p for p in model.parameters() if not any(p is q for q in plain)]
    optimiser = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": STEPS["weightDecay"]}, {"params": plain, "weight_decay": 0.0}],
        lr=STEPS["learningRate"],
    )
    schedule = get_linear_schedule_with_warmup(optimiser, STEPS["warmupSteps"], STEPS["totalSteps"])
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


def distance(grads, exact):
    """The largest of ‖a − b‖ / (1e-4·‖b‖ + 1e-7·global norm): 1 would be the whole tolerance of the tests."""
    total = math.sqrt(sum(g.pow(2).sum().item() for g in exact.values()))
    return max(
        ((grads[name].double() - g).norm() / (1e-4 * g.norm() + 1e-7 * total)).item() for name, g in exact.items()
    )


def make_case(index):
    case = CASES[index]
    generator = torch.Generator().manual_seed(1000 + index)
    torch.manual_seed(index)
    model = build_model(case)
    randomise(model, generator)
    batch, masks = make_batch(case, generator), make_masks(case, generator)
    attention_mask = batch["attention_mask"]
    weights = {name: p.detach().clone() for name, p in named(model)}

    logits_eval = eval_pass(model, batch)
    logits, loss, grads = train_pass(model, batch, masks)
    chosen = {"train": [], "eval": []}
    with top_k(attention_mask, chosen["eval"]):
        sparse_eval = eval_pass(model, batch)
    with top_k(attention_mask, chosen["train"]):
        sparse_logits, sparse_loss, sparse_grads = train_pass(model, batch, masks)
    steps = adamw_steps(model, batch) if index in WITH_STEPS else {}

    # The same in float64 with every mask held fixed: it says how much of the tests' tolerance rounding alone takes.
    model.load_state_dict(weights)
    model.double()
    exact_logits, _, exact_grads = train_pass(model, batch, masks)
    # A padded query's recorded row is empty; give it the first key, or its softmax has no terms (nothing reads the result).
    forced = [kept | (~attention_mask.bool()[:, None, :, None] & (torch.arange(kept.shape[-1]) == 0)) for kept, _ in chosen["train"]]
    with top_k(attention_mask, [], forced):
        exact_sparse_logits, _, exact_sparse_grads = train_pass(model, batch, masks)
    check = {
        "logitsError": (logits - exact_logits).abs().max().item(),
        "gradShareOfTolerance": distance(grads, exact_grads),
        "topkLogitsError": (sparse_logits - exact_sparse_logits).abs().max().item(),
        "topkGradShareOfTolerance": distance(sparse_grads, exact_sparse_grads),
    }

    tensors = {f"weight.{name}": w for name, w in weights.items()}
    tensors |= {name: t.int() for name, t in batch.items()}
    tensors |= {f"mask.{site}": m for site, m in masks.items()}
    tensors |= {"logits.eval": logits_eval, "logits.train": logits, "loss.train": loss.reshape(1)}
    tensors |= {f"grad.{name}": g for name, g in grads.items()}
    for phase, layers in chosen.items():
        for layer, (kept, gap) in enumerate(layers):
            tensors[f"topk.{phase}.mask.layer.{layer}"] = kept.to(torch.uint8)
            tensors[f"topk.{phase}.gap.layer.{layer}"] = gap
    tensors |= {"topk.logits.eval": sparse_eval, "topk.logits.train": sparse_logits, "topk.loss.train": sparse_loss.reshape(1)}
    tensors |= {f"topk.grad.{name}": g for name, g in sparse_grads.items()}
    tensors |= steps
    verify(case, tensors, weights, check)

    settings = {"case": index, "dropout": DROPOUT, "sparsity": SPARSITY} | ({"steps": STEPS} if steps else {})
    metadata = {
        "config": model.config.to_json_string(),
        "versions": json.dumps({"torch": torch.__version__, "transformers": transformers.__version__}),
        "settings": json.dumps(settings),
        "check": json.dumps(check),
    }
    return tensors, metadata, check


HEAD_OF = {"token_classification": "ForTokenClassification", "masked_lm": "ForMaskedLM"}


def task_labels(task, case, batch, generator):
    """Labels as transformers' `forward` takes them; at least one token of each row has one, and at least one has none."""
    vocab, classes, size, length = case[5], case[8], case[9], case[10]
    if task == "single_label_classification":
        return batch["labels"]
    if task == "regression":
        return torch.randn(size, generator=generator)
    if task == "multi_label_classification":
        return (torch.rand(size, classes, generator=generator) < 0.5).float()
    real = batch["attention_mask"].bool()
    chosen = real & (torch.rand(size, length, generator=generator) < (0.3 if task == "masked_lm" else 0.7))
    chosen[:, 0] = True
    chosen[0, 1] = False
    labels = torch.randint(0, vocab if task == "masked_lm" else classes, (size, length), generator=generator)
    return labels.masked_fill(~chosen, -100)


def task_pass(model, task, batch, labels, weights, masks):
    """Loss, logits and gradients with the masks."""
    model.train()
    model.zero_grad()
    dtype = next(model.parameters()).dtype
    labels = labels.to(dtype) if labels.is_floating_point() else labels
    with recorded_dropout(masks):
        out = model(**inputs_of(model, batch), labels=labels)
    loss = out.loss
    if weights is not None:
        factors = torch.tensor(weights, dtype=dtype)
        if task == "single_label_classification":
            loss = F.cross_entropy(out.logits, labels, weight=factors)
        else:
            loss = F.binary_cross_entropy_with_logits(out.logits, labels, pos_weight=factors)
    loss.backward()
    return out.logits.detach(), loss.detach(), {name: p.grad.clone() for name, p in named(model)}


def make_task(index):
    task, weights, case = TASKS[index]
    if task == "regression":
        case = (*case[:8], 1, *case[9:])
    generator = torch.Generator().manual_seed(5000 + index)
    torch.manual_seed(index)
    model = build_model(case, HEAD_OF.get(task, "ForSequenceClassification"))
    if task in ("multi_label_classification", "regression"):
        model.config.problem_type = task
    randomise(model, generator)
    batch, masks = make_batch(case, generator), make_masks(case, generator, task)
    labels = task_labels(task, case, batch, generator)
    values = {name: p.detach().clone() for name, p in named(model)}
    rows = (labels != -100).flatten() if task == "masked_lm" else None

    def shown(logits):
        flat = logits.flatten(0, 1) if logits.dim() == 3 else logits
        return flat if rows is None else flat[rows]

    logits_eval = shown(eval_pass(model, batch))
    logits, loss, grads = task_pass(model, task, batch, labels, weights, masks)
    model.double()
    exact_logits, _, exact_grads = task_pass(model, task, batch, labels, weights, masks)
    check = {
        "logitsError": (logits - exact_logits).abs().max().item(),
        "gradShareOfTolerance": distance(grads, exact_grads),
    }
    assert check["logitsError"] < 2e-5 and check["gradShareOfTolerance"] < 0.5, check

    tensors = {f"weight.{name}": w for name, w in values.items()}
    tensors |= {name: batch[name].int() for name in ("input_ids", "token_type_ids", "attention_mask")}
    tensors["labels"] = labels if labels.is_floating_point() else labels.int()
    if weights is not None:
        tensors["classWeights"] = torch.tensor(weights)
    tensors |= {f"mask.{site}": m for site, m in masks.items()}
    tensors |= {"logits.eval": logits_eval, "logits.train": shown(logits), "loss.train": loss.reshape(1)}
    tensors |= {f"grad.{name}": g for name, g in grads.items()}
    for name, tensor in tensors.items():
        assert torch.isfinite(tensor.float()).all(), name
    assert not torch.equal(tensors["logits.eval"], tensors["logits.train"]), "dropout changed nothing"
    metadata = {
        "config": model.config.to_json_string(),
        "task": task,
        "versions": json.dumps({"torch": torch.__version__, "transformers": transformers.__version__}),
        "settings": json.dumps({"task": index, "dropout": DROPOUT}),
        "check": json.dumps(check),
    }
    return tensors, metadata, check


def verify(case, tensors, weights, check):
    attention_mask = tensors["attention_mask"]
    for name, tensor in tensors.items():
        assert ".gap." in name or torch.isfinite(tensor.float()).all(), name
    for name, tensor in tensors.items():
        if name.startswith("mask."):
            assert set(tensor.unique().tolist()) <= {0.0, torch.tensor(1 / (1 - DROPOUT)).item()}, name
        if ".mask.layer." in name and name.startswith("topk."):
            for b, valid in enumerate(attention_mask.sum(1).tolist()):
                k = max(1, math.ceil((1 - SPARSITY) * valid - 1e-9))
                counts = tensor[b].sum(-1)
                assert (counts[:, :valid] == k).all() and (counts[:, valid:] == 0).all(), name
                assert tensor[b, :, :, valid:].sum() == 0, name
    assert not torch.equal(tensors["logits.eval"], tensors["logits.train"]), "dropout changed nothing"
    if attention_mask.sum(1).max() > 1:
        assert (tensors["topk.logits.eval"] - tensors["logits.eval"]).abs().max() > 1e-3, "top-k changed nothing"
    for prefix in ("grad.", "topk.grad."):
        assert set(weights) == {name[len(prefix):] for name in tensors if name.startswith(prefix)}
    if "steps.gradNorm" in tensors:
        assert tensors["steps.gradNorm"].max() > STEPS["maxGradNorm"], "clipping never bit"
    assert max(check["logitsError"], check["topkLogitsError"]) < 2e-5, check
    assert max(check["gradShareOfTolerance"], check["topkGradShareOfTolerance"]) < 0.5, check


def write_safetensors(path, tensors, metadata):
    """Written here, not by the library, which puts metadata keys in a random order: the files must be reproducible."""
    dtypes = {torch.float32: "F32", torch.int32: "I32", torch.uint8: "U8"}
    # Widest type first, so that every tensor starts at a multiple of its element size.
    names = sorted(tensors, key=lambda name: (-tensors[name].element_size(), name))
    header, offset, parts = {"__metadata__": dict(sorted(metadata.items()))}, 0, []
    for name in names:
        data = np.ascontiguousarray(tensors[name].numpy()).tobytes()
        header[name] = {
            "dtype": dtypes[tensors[name].dtype], "shape": list(tensors[name].shape), "data_offsets": [offset, offset + len(data)]
        }
        offset += len(data)
        parts.append(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "test/fixtures/models")
    out = parser.parse_args().out
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    out.mkdir(parents=True, exist_ok=True)
    jobs = [(f"case-{index:02d}-{case[0]}", make_case, index) for index, case in enumerate(CASES)]
    for index, (task, weights, case) in enumerate(TASKS):
        jobs.append((f"task-{index:02d}-{case[0]}-{task}{'' if weights is None else '-weighted'}", make_task, index))
    total = 0
    for name, make, index in jobs:
        tensors, metadata, check = make(index)
        path = out / f"{name}.safetensors"
        write_safetensors(path, tensors, metadata)
        total += path.stat().st_size
        print(path.name, path.stat().st_size, {name: float(f"{value:.2g}") for name, value in check.items()})
    print(f"{len(jobs)} files, {total / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
