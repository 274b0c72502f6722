// Long because it is one Python file, which a saved folder carries whole.
/**
 * `crisp_attention.py` of a saved folder: the sparsity patterns in plain PyTorch, for transformers.
 *
 * It follows `src/attention` rule by rule; `scripts/check-python-module.ts` holds it to Crisp over every pattern of the registry.
 */
export const PYTHON_MODULE = String.raw`"""Structured sparse attention of a model that Crisp trained, in plain PyTorch for Hugging Face transformers.

    import crisp_attention  # this file, from the model's folder
    model = crisp_attention.load("folder")

or the usual way, once this module is imported:

    AutoModelForSequenceClassification.from_pretrained("folder", attn_implementation="crisp")

The plan stands in config.json under "crisp_attention" (and in crisp.json): a pattern, and the layers and heads it applies to. Without
attn_implementation the same weights run with dense attention. Batches are padded at the end. Tested with transformers 5.23.
"""

import json
import math
import re
from functools import lru_cache
from pathlib import Path

import torch
import transformers
from transformers import AttentionInterface, AttentionMaskInterface, AutoConfig
from transformers.masking_utils import sdpa_mask

FIRST = 3e38  # larger than any score


def load(folder, **options):
    """The model of a folder with its sparse attention, in evaluation mode."""
    architecture = AutoConfig.from_pretrained(folder).architectures[0]
    head = re.search("For[A-Z].*$", architecture)
    auto = getattr(transformers, "AutoModel" + (head.group() if head else ""))
    return auto.from_pretrained(folder, attn_implementation="crisp", **options).eval()


# How many keys, how far, how often: from a sparsity and the length of a text.


def kept_keys(sparsity, count, padded_to=0):
    """max(1, ceil((1 - sparsity) * keys - 1e-9)), at most the keys there are; of whole numbers and of int64 tensors."""
    if isinstance(count, torch.Tensor):
        share = (1 - sparsity) * count.clamp(min=padded_to).double() - 1e-9
        return torch.minimum(count, share.ceil().long().clamp(min=1))
    return min(count, max(1, math.ceil((1 - sparsity) * max(count, padded_to) - 1e-9)))


WHOLE = 10**15  # what a sparsity is counted in: as many decimals as a double holds of any number below 1


def closest_to(sparsity, length, candidates, kept_pairs):
    """The candidate whose share of removed pairs comes closest, ties to the earlier one; decided in whole numbers."""
    wanted = math.floor(sparsity * WHOLE + 0.5) * length**2
    best, least = 0, math.inf
    for candidate in candidates:
        miss = abs((length**2 - kept_pairs(candidate)) * WHOLE - wanted)
        if miss < least:
            best, least = candidate, miss
    return best


@lru_cache(maxsize=None)
def window_radius(sparsity, length):
    return closest_to(sparsity, length, range(length), lambda r: length * (2 * r + 1) - r * (r + 1))


@lru_cache(maxsize=None)
def global_tokens(sparsity, length):
    return max(1, closest_to(sparsity, length, range(1, length + 1), lambda g: length**2 - (length - g) ** 2))


@lru_cache(maxsize=None)
def stride_by(sparsity, length):
    def pairs(stride):
        whole, longer = length // stride, length % stride
        return longer * (whole + 1) ** 2 + (stride - longer) * whole**2

    return max(1, closest_to(sparsity, length, range(1, length + 1), pairs))


@lru_cache(maxsize=None)
def kept_of_group(sparsity, length, m):
    return max(
        1, closest_to(sparsity, length, range(1, m + 1), lambda n: length * (length // m * n + min(n, length % m)))
    )


def removed_heads(sparsity, count):
    """min(heads - 1, round(sparsity * heads)), a half up."""
    return min(count - 1, (2 * math.floor(sparsity * WHOLE + 0.5) * count + WHOLE) // (2 * WHOLE))


class View:
    """What a pattern sees of one layer: scores [B, H, n, n], allowed pairs (bool, broadcastable to it), lengths [B]."""

    def __init__(self, scores, allowed, lengths):
        self.scores, self.allowed, self.lengths = scores, allowed, lengths
        self.n = scores.shape[-1]
        self.positions = torch.arange(self.n, device=scores.device)

    def after(self, allowed):
        return View(self.scores, allowed, self.lengths)

    def per_text(self, number_at):
        """A number of each text's length: [B, 1, 1, 1]."""
        values = [number_at(max(1, length)) for length in self.lengths.tolist()]
        return torch.tensor(values, device=self.scores.device).view(-1, 1, 1, 1)


def first_k(ranks, allowed, k):
    """Of every row's allowed places the k (int64, broadcastable to [..., 1]) that rank first; ties go to the earlier place."""
    shape = torch.broadcast_shapes(ranks.shape, allowed.shape)
    masked = torch.where(allowed, ranks, -torch.inf).expand(shape)
    order = masked.sort(dim=-1, descending=True, stable=True).indices
    chosen = (torch.arange(shape[-1], device=ranks.device) < k).expand(shape)
    return torch.zeros(shape, dtype=torch.bool, device=ranks.device).scatter(-1, order, chosen) & allowed


def best_where_empty(view, kept):
    """Rows that lost all keys keep their best allowed one."""
    best = first_k(view.scores, view.allowed, torch.ones(1, dtype=torch.long, device=kept.device))
    return kept | (best & ~kept.any(-1, keepdim=True))


# The patterns. Each takes its parameters and a view, and returns the pairs to keep, all of them allowed ones.


def dense(view):
    return view.allowed


def top_k(view, sparsity, paddedTo=0, keepSpecial=False):
    allowed = view.allowed
    k = kept_keys(sparsity, allowed.sum(-1, keepdim=True), paddedTo).clamp(min=1)
    ranks = view.scores
    if keepSpecial:
        last = view.lengths.clamp(min=1).view(-1, 1, 1, 1) - 1
        special = (view.positions == 0) | (view.positions == last)
        k = torch.maximum(k, (allowed & special).sum(-1, keepdim=True))
        ranks = torch.where(special, FIRST, ranks)
    return first_k(ranks, allowed, k)


def bottom_k(view, **options):
    return top_k(View(-view.scores, view.allowed, view.lengths), **options)


def top_p(view, mass):
    scores = torch.where(view.allowed, view.scores, torch.finfo(torch.float32).min)
    ranked = torch.where(view.allowed, scores.softmax(-1), 0.0).sort(dim=-1, descending=True).values
    enough = torch.tensor(mass * (1 - 1e-6), dtype=torch.float32, device=scores.device)
    return first_k(view.scores, view.allowed, (ranked.cumsum(-1) - ranked < enough).sum(-1, keepdim=True))


def sliding_window(view, sparsity=None, radius=None):
    reach = view.per_text(lambda length: window_radius(sparsity, length) if radius is None else radius)
    distance = (view.positions[:, None] - view.positions).abs()
    return best_where_empty(view, view.allowed & (distance <= reach))


def global_(view, sparsity=None, tokens=None):
    count = view.per_text(lambda length: global_tokens(sparsity, length) if tokens is None else tokens)
    chosen = (view.positions[:, None] < count) | (view.positions < count)
    return best_where_empty(view, view.allowed & chosen)


def strided(view, sparsity=None, stride=None):
    every = view.per_text(lambda length: stride_by(sparsity, length) if stride is None else stride)
    return best_where_empty(view, view.allowed & ((view.positions[:, None] - view.positions) % every == 0))


def heads(view, sparsity=None, heads=None):
    count = view.scores.shape[1]
    stays = torch.ones(count, dtype=torch.bool, device=view.scores.device)
    if heads is None:
        stays[count - removed_heads(sparsity, count) :] = False
    else:
        stays[heads if isinstance(heads, list) else [heads]] = False
    return view.allowed & stays.view(1, -1, 1, 1)


def threshold(view, probability):
    scores = torch.where(view.allowed, view.scores, torch.finfo(torch.float32).min)
    least = torch.tensor(probability, dtype=torch.float32, device=scores.device)
    return best_where_empty(view, view.allowed & (scores.softmax(-1) >= least))


def n_of_m(view, sparsity=None, n=None, m=4):
    most = view.per_text(lambda length: kept_of_group(sparsity, length, m) if n is None else n)
    pad = -view.n % m
    shape = torch.broadcast_shapes(view.scores.shape, view.allowed.shape)
    groups = lambda x, value: torch.nn.functional.pad(x.expand(shape), (0, pad), value=value).unflatten(-1, (-1, m))
    kept = first_k(groups(view.scores, 0.0), groups(view.allowed, False), most.unsqueeze(-1))
    return kept.flatten(-2)[..., : view.n]


def block(view, sparsity, size=16, keepOwn=False):
    pad = -view.n % size
    real = (view.positions < view.lengths.view(-1, 1)).view(-1, 1, view.n, 1)
    pairs = view.allowed & real
    shape = torch.broadcast_shapes(view.scores.shape, pairs.shape)

    def block_sums(x):
        blocks = torch.nn.functional.pad(x.expand(*x.shape[:-2], view.n, view.n), (0, pad, 0, pad))
        return blocks.unflatten(-2, (-1, size)).unflatten(-1, (-1, size)).sum(-3).sum(-1)

    counts = block_sums(pairs.float())
    means = block_sums(torch.where(pairs, view.scores, 0.0)) / counts.clamp(min=1)
    own = torch.eye(counts.shape[-1], dtype=torch.bool, device=counts.device)
    ranks = torch.where(own, FIRST, means) if keepOwn else means
    some = counts > 0
    chosen = first_k(ranks, some, kept_keys(sparsity, some.sum(-1, keepdim=True)).clamp(min=1))
    spread = chosen.repeat_interleave(size, -2).repeat_interleave(size, -1)[..., : view.n, : view.n]
    return best_where_empty(view, (view.allowed & spread).expand(shape))


def in_order(view, *parts):
    for part in parts:
        view = view.after(part(view))
    return view.allowed


def any_of(view, *parts):
    return torch.stack(torch.broadcast_tensors(*(part(view) for part in parts))).any(0)


PATTERNS = {
    "dense": dense,
    "topK": top_k,
    "bottomK": bottom_k,
    "topP": top_p,
    "slidingWindow": sliding_window,
    "global": global_,
    "strided": strided,
    "heads": heads,
    "threshold": threshold,
    "block": block,
    "nOfM": n_of_m,
}
COMBINATORS = {"inOrder": in_order, "anyOf": any_of}


@lru_cache(maxsize=None)
def parse(text):
    """A pattern's id, such as "inOrder(slidingWindow(radius=4), topK(sparsity=0.5))", as a function of a view."""
    tokens = re.findall(r"[(),=]|[^\s(),=]+", text)

    def value(word):
        if word in ("true", "false"):
            return word == "true"
        numbers = [float(part) if re.search(r"[.e]", part) else int(part) for part in word.split("+")]
        return numbers if len(numbers) > 1 else numbers[0]

    def pattern():
        name = tokens.pop(0)
        if name not in PATTERNS and name not in COMBINATORS:
            raise ValueError(f"crisp_attention: expected one of {', '.join([*PATTERNS, *COMBINATORS])}, got {name}.")
        parts, options = [], {}
        if tokens and tokens[0] == "(":
            while tokens.pop(0) != ")":
                if tokens[0] == ")":
                    continue
                if name in COMBINATORS:
                    parts.append(pattern())
                else:
                    key, _ = tokens.pop(0), tokens.pop(0)
                    options[key] = value(tokens.pop(0))
        if name in COMBINATORS:
            return lambda view: COMBINATORS[name](view, *parts)
        return lambda view: PATTERNS[name](view, **options)

    return pattern()


def plan_of(config):
    """The plan that stands in config.json, or in the crisp.json beside it."""
    plan = getattr(config, "crisp_attention", None)
    if plan is None:
        card = Path(getattr(config, "_name_or_path", "")) / "crisp.json"
        if not card.is_file():
            raise ValueError('crisp_attention: expected "crisp_attention" in config.json, or a crisp.json, got neither.')
        plan = json.loads(card.read_text(encoding="utf-8"))["attention"]
    return plan


_calls = {}  # id of a model's config -> attentions computed since its mask was made


def layer_of(module):
    """Its number; where a family does not say it, or shares one module between layers, attentions are counted."""
    index = getattr(module, "layer_idx", None)
    if index is not None:
        return index
    count = _calls.get(id(module.config), 0)
    _calls[id(module.config)] = count + 1
    return count % module.config.num_hidden_layers


def kept_pairs(plan, view, layer):
    """What a plan keeps in one layer: bool, broadcastable to [B, H, n, n]."""
    layers, chosen = plan.get("layers"), plan.get("heads")
    if layers is not None and layer not in layers:
        return view.allowed
    kept = parse(plan["pattern"])(view)
    if chosen is None:
        return kept
    spared = torch.ones(view.scores.shape[1], dtype=torch.bool, device=kept.device)
    spared[chosen] = False
    return kept | (view.allowed & spared.view(1, -1, 1, 1))


def softmax(scores, kept):
    return torch.where(kept, scores, torch.finfo(torch.float32).min).softmax(-1)


def sparsemax(scores, kept):
    """max(z - tau, 0) with the tau that makes a row sum to 1."""
    z, ranked, ranks = from_largest(scores, kept)
    tau = (ranked.cumsum(-1) - 1) / ranks
    return (z - tau.gather(-1, support_size(tau, ranked) - 1)).clamp(min=0)


def entmax15(scores, kept):
    """max(z / 2 - tau, 0) ** 2 with the tau that makes a row sum to 1."""
    z, ranked, ranks = from_largest(scores / 2, kept)
    mean = ranked.cumsum(-1) / ranks
    differences = (ranked**2).cumsum(-1) - ranks * mean**2
    tau = mean - ((1 - differences) / ranks).clamp(min=0).sqrt()
    return (z - tau.gather(-1, support_size(tau, ranked) - 1)).clamp(min=0) ** 2


def from_largest(scores, kept):
    """Scores as differences to the largest kept one of their row, at least -1, where no probability is left; sorted too; 1, 2, ..."""
    z = torch.where(kept, scores, torch.finfo(torch.float32).min)
    z = (z - z.max(-1, keepdim=True).values).clamp(min=-1)
    return z, z.sort(dim=-1, descending=True).values, torch.arange(1, z.shape[-1] + 1, device=z.device, dtype=z.dtype)


def support_size(tau, ranked):
    return (tau < ranked).sum(-1, keepdim=True)


NORMALISERS = {"softmax": softmax, "sparsemax": sparsemax, "entmax15": entmax15}


def crisp_mask(*args, **options):
    """Allowed pairs, bool [B, 1, n, n]: never left out, where transformers would leave out an empty mask."""
    _calls[id(options.get("config"))] = 0
    return sdpa_mask(*args, **{**options, "allow_is_bidirectional_skip": False, "allow_is_causal_skip": False})


def crisp_attention(module, query, key, value, attention_mask, scaling=None, dropout=0.0, **_):
    """normalise(mask(Q K^T / sqrt(d))) V by the model's plan, normalise being the softmax unless it says otherwise; rows without a key are zero."""
    scaling = query.shape[-1] ** -0.5 if scaling is None else scaling
    scores = torch.matmul(query.float(), key.float().transpose(2, 3)) * scaling
    if attention_mask is None:
        attention_mask = torch.ones(1, 1, 1, scores.shape[-1], dtype=torch.bool, device=scores.device)
    allowed = attention_mask if attention_mask.dtype == torch.bool else attention_mask == 0
    real = allowed[:, 0].any(-2).expand(scores.shape[0], -1)
    plan, layer = plan_of(module.config), layer_of(module)
    kept = kept_pairs(plan, View(scores, allowed, real.sum(-1)), layer)
    applies = plan.get("layers") is None or layer in plan["layers"]
    normalise = NORMALISERS[plan.get("normaliser", "softmax") if applies else "softmax"]
    weights = torch.where(kept, normalise(scores, kept), 0.0)
    weights = weights * real[:, None, :, None]
    weights = torch.nn.functional.dropout(weights, p=dropout, training=module.training)
    output = torch.matmul(weights.to(value.dtype), value)
    return output.transpose(1, 2).contiguous(), weights


AttentionInterface.register("crisp", crisp_attention)
AttentionMaskInterface.register("crisp", crisp_mask)
`;
