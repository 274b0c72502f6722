"""Times PyTorch's full training step on request, so that another process can interleave it with its own.

    python bench/pytorch_step.py --shape distilbert|minilm --batch 32 --length 32 [--threads 2] [--warm-up 5]

Starts by timing both attention implementations of transformers (sdpa and eager) and keeps the faster, then prints
    {"event": "ready", "attention", "warmUpMs": {"sdpa": [...], "eager": [...]}, "warmUpOtherCores" (the largest), ...}
and answers each line of stdin with one line of JSON:
    step    {"event": "step", "ms", "otherCores", "loss"}       forward, backward, clipping, fused AdamW, gradients cleared
    matmul  {"event": "matmul", "ms", "otherCores", "gflops"}   the mean of five fp32 1024³ products
    quit    ends, as does the end of stdin

`otherCores` is the number of cores that everything else on the machine used meanwhile (Linux; null elsewhere). Discard samples
where it is above about 0.1: two OpenMP threads on two cores wait for each other at every operator, and with both cores
taken by other work a step was measured 10 to 25 times slower than on a quiet machine. A ratio from such a run says nothing.

Dropout is on (0.1, and 0.2 before DistilBERT's classifier: the defaults). Every token is real; the attention mask is passed all
the same, as Trainer does. transformers then drops an all-ones mask under sdpa, which favours PyTorch.
"""

import argparse
import json
import os
import statistics
import sys
import time

import torch
import transformers
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    DistilBertConfig,
    DistilBertForSequenceClassification,
)


def build(shape, length):
    positions = max(512, length)
    if shape == "distilbert":  # its defaults: 6 layers, 768 wide, 12 heads, 3072, 30522 words
        return DistilBertForSequenceClassification(DistilBertConfig(num_labels=2, max_position_embeddings=positions))
    return BertForSequenceClassification(
        BertConfig(
            num_hidden_layers=6,
            hidden_size=384,
            num_attention_heads=12,
            intermediate_size=1536,
            num_labels=2,
            max_position_embeddings=positions,
        )
    )


def busy_seconds():
    """CPU time that the whole machine has spent since it started, idle and I/O waiting left out; None off Linux."""
    try:
        with open("/proc/stat") as stat:
            user, nice, system, _, _, irq, softirq, steal = map(int, stat.readline().split()[1:9])
    except OSError:
        return None
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def timed(work):
    """(milliseconds, cores used by others meanwhile, result of work)."""
    busy, own, start = busy_seconds(), time.process_time(), time.perf_counter()
    result = work()
    elapsed, own = time.perf_counter() - start, time.process_time() - own
    others = None if busy is None else round(max(0.0, busy_seconds() - busy - own) / elapsed, 2)
    return elapsed * 1e3, others, result


def answer(**record):
    print(json.dumps(record), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shape", choices=["distilbert", "minilm"], required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--length", type=int, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--warm-up", type=int, default=5, help="timed steps of each attention implementation at the start")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)

    model = build(arguments.shape, arguments.length).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-5, weight_decay=0.01, fused=True)
    ids = torch.randint(1000, model.config.vocab_size, (arguments.batch, arguments.length))  # [B, n]
    labels = torch.randint(0, 2, (arguments.batch,))
    mask = torch.ones_like(ids)
    left, right, product = torch.randn(1024, 1024), torch.randn(1024, 1024), torch.empty(1024, 1024)

    def step():
        logits = model(input_ids=ids, attention_mask=mask).logits
        loss = torch.nn.functional.cross_entropy(logits, labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        return loss.item()

    def matmul():
        for _ in range(5):
            torch.mm(left, right, out=product)

    warm_up, warm_up_others = {"sdpa": [], "eager": []}, []
    for attention in warm_up:  # the first step of each allocates; it is not counted
        model.set_attn_implementation(attention)
        step()
    for _ in range(arguments.warm_up):
        for attention, times in warm_up.items():
            model.set_attn_implementation(attention)
            ms, others, _ = timed(step)
            times.append(ms)
            warm_up_others.append(others or 0.0)
    fastest = min(warm_up, key=lambda attention: statistics.median(warm_up[attention]))
    model.set_attn_implementation(fastest)
    matmul()
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    answer(
        event="ready", shape=arguments.shape, batch=arguments.batch, length=arguments.length, attention=fastest,
        warmUpMs=warm_up, warmUpOtherCores=max(warm_up_others), parameters=sum(p.numel() for p in model.parameters()), threads=torch.get_num_threads(),
        versions=versions,
    )

    for line in sys.stdin:
        command = line.strip()
        if command == "step":
            ms, others, loss = timed(step)
            answer(event="step", ms=ms, otherCores=others, loss=loss)
        elif command == "matmul":
            ms, others, _ = timed(matmul)
            answer(event="matmul", ms=ms / 5, otherCores=others, gflops=5 * 2 * 1024**3 / ms / 1e6)
        elif command == "quit":
            break
        elif command:
            answer(event="error", message=f"expected step, matmul or quit, got {command!r}")


if __name__ == "__main__":
    main()
