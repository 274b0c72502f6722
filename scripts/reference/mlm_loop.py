"""A plain PyTorch loop of masked-language-model training, on weights, batches and dropout masks that Crisp chose.

    python scripts/reference/mlm_loop.py FOLDER [--threads 2]

FOLDER is written by scripts/replay-mlm.ts:
    plan.json                      {batches: [{inputIds, attentionMask, labels}], learningRate, weightDecay, warmupSteps, maxSteps,
                                   maxGradNorm, seed, sparsity, runs: [{name, dropout, sparse}]}; one update per batch
    <run>/start, <run>/trained     model folders before and after Crisp's training
    <run>/evaluated.json           one batch, and <run>/logits.safetensors, what Crisp's graph gives for its masked tokens

For each run, transformers' model for masked tokens is trained; the loss of an update is that of its own forward(labels=…), before the update.
AdamW as torch.optim.AdamW, no decay on biases and LayerNorm, linear warm-up and decay, clipping by global norm. Dropout is
multiplication with Crisp's masks, computed here anew from its hash (src/random/hash.ts); top-k is the replaced softmax of
scripts/make-model-fixtures.py. Then <run>/trained is loaded by AutoModelForMaskedLM and asked for the scores of the batch.

Writes FOLDER/pytorch.json: {run: {losses, seconds, missing, unexpected, scores: {difference, count}}, versions}.
"""

import argparse
import importlib.util
import json
import math
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import torch
import transformers
from safetensors.torch import load_file
from transformers import AutoModelForMaskedLM, get_linear_schedule_with_warmup

from train_loop import parameter_groups

U32 = 0xFFFFFFFF


def fixtures():
    """scripts/make-model-fixtures.py as a module."""
    path = Path(__file__).parent.parent / "make-model-fixtures.py"
    spec = importlib.util.spec_from_file_location("make_model_fixtures", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def mix(word):
    x = word & U32
    x = ((x ^ (x >> 17)) * 0xED5AD4BB) & U32
    x = ((x ^ (x >> 11)) * 0xAC4C1B51) & U32
    x = ((x ^ (x >> 15)) * 0x31848BAB) & U32
    return x ^ (x >> 14)


def fold_key(seed, step, site):
    """The two words of a key: src/random/hash.ts, foldKey."""
    a, b = 0x243F6A88, 0x85A308D3
    words = [seed, seed >> 32, step, step >> 32, 2, len(site), *map(ord, site)]
    for word in words:
        a = mix(a ^ (word & U32))
        b = mix(((b ^ ((word * 0x9E3779B1) & U32)) + a) & U32)
    return a, b


def dropout_mask(shape, p, key):
    """src/random/dropout.ts, dropoutMaskReference: scale where kept, 0 where dropped."""
    key0, key1 = (np.uint32(word) for word in key)
    turned = lambda x: (x >> np.uint32(16)) | (x << np.uint32(16))
    square = lambda x: x * (np.uint32(2) * x + np.uint32(1))
    x = np.arange(math.prod(shape), dtype=np.uint32) + key0  # wraps around at 2^32, as everything here
    x = turned(square(x))
    x = turned(square(x + key1))
    threshold = min(65535, math.floor(p * 65536 + 0.5))
    scale = np.float32(1 / (1 - threshold / 65536))
    kept = (square(x) >> np.uint32(16)) >= threshold
    return torch.from_numpy(np.where(kept, scale, np.float32(0)).reshape(shape))


def dropout_masks(config, size, length, seed, step):
    """All masks of an update by site, in the order of BERT's forward pass."""
    width, heads, p = config.hidden_size, config.num_attention_heads, config.hidden_dropout_prob
    shapes = {"embeddings": (size, length, width)}
    for layer in range(config.num_hidden_layers):
        shapes[f"layer.{layer}.attentionProbabilities"] = (size, heads, length, length)
        shapes[f"layer.{layer}.attentionOutput"] = (size, length, width)
        shapes[f"layer.{layer}.feedForward"] = (size, length, width)
    return {site: dropout_mask(shape, p, fold_key(seed, step, f"dropout.{site}")) for site, shape in shapes.items()}


def train(folder, plan, run, module):
    model, report = AutoModelForMaskedLM.from_pretrained(
        folder / run["name"] / "start", attn_implementation="eager", dtype=torch.float32, output_loading_info=True
    )
    assert not report["missing_keys"] and not report["unexpected_keys"], report
    if run["family"] == "bert":
        assert model.config.hidden_dropout_prob == model.config.attention_probs_dropout_prob == run["dropout"]
    model.train()
    optimiser = torch.optim.AdamW(parameter_groups(model, plan["weightDecay"]), lr=plan["learningRate"])
    schedule = get_linear_schedule_with_warmup(optimiser, plan["warmupSteps"], plan["maxSteps"])
    losses, start = [], time.perf_counter()
    for step, batch in enumerate(plan["batches"]):
        ids, attention_mask, labels = (torch.tensor(batch[name]) for name in ("inputIds", "attentionMask", "labels"))
        optimiser.zero_grad()
        with ExitStack() as stack:
            if run["dropout"] > 0:
                masks = dropout_masks(model.config, *ids.shape, plan["seed"], step)
                stack.enter_context(module.recorded_dropout(masks))
            if run["sparse"]:
                stack.enter_context(module.top_k(attention_mask, []))
            loss = model(input_ids=ids, attention_mask=attention_mask, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), plan["maxGradNorm"])
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
        if step % 20 == 0 or step == len(plan["batches"]) - 1:
            print(f"{run['name']}: PyTorch, update {step + 1}/{len(plan['batches'])} loss {losses[-1]:.6f}", flush=True)
    return {"losses": losses, "seconds": time.perf_counter() - start}


def scores(folder):
    """How far AutoModelForMaskedLM's scores lie from Crisp's, on masked tokens."""
    model, report = AutoModelForMaskedLM.from_pretrained(folder / "trained", dtype=torch.float32, output_loading_info=True)
    batch = json.loads((folder / "evaluated.json").read_text())
    ids, attention_mask, labels = (torch.tensor(batch[name]) for name in ("inputIds", "attentionMask", "labels"))
    with torch.no_grad():
        logits = model.eval()(input_ids=ids, attention_mask=attention_mask).logits[labels >= 0]
    own = load_file(folder / "logits.safetensors")["logits"]
    assert own.shape == logits.shape, (own.shape, logits.shape)
    return {
        "missing": sorted(report["missing_keys"]),
        "unexpected": sorted(report["unexpected_keys"]),
        "scores": {"difference": (own - logits).abs().max().item(), "count": own.numel()},
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    transformers.utils.logging.disable_progress_bar()
    plan = json.loads((arguments.folder / "plan.json").read_text())
    module = fixtures()
    assert module.SPARSITY == plan["sparsity"]
    result = {"versions": {"torch": torch.__version__, "transformers": transformers.__version__}}
    for run in plan["runs"]:
        result[run["name"]] = train(arguments.folder, plan, run, module) | scores(arguments.folder / run["name"])
    (arguments.folder / "pytorch.json").write_text(json.dumps(result))


if __name__ == "__main__":
    main()
