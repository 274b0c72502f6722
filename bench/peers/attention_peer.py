"""Times PyTorch's attention, forward and backward, on request: see bench/peers/attention.ts, which starts it.

    python bench/peers/attention_peer.py --heads 12 --head_width 64 --length 4096 --data FOLDER [--threads 2]

    pip install torch

Reads q, k, v and the upstream gradient from FOLDER/<name>.f32, prints {"event": "ready", ...} with PyTorch's version and the largest
values of context, dq, dk and dv by `sdpa`, then runs one of
    sdpa   scaled_dot_product_attention
    eager  softmax(q kT / sqrt(d)) v, operator by operator
    flex   flex_attention without a mask, compiled, forward only (the CPU has no backward pass of it)
for each line of stdin that names it, and answers with one line: {"ms": ...} or {"error": ...}. `quit` ends.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F

parser = argparse.ArgumentParser()
parser.add_argument("--heads", type=int, required=True)
parser.add_argument("--head_width", type=int, required=True)
parser.add_argument("--length", type=int, required=True)
parser.add_argument("--data", type=Path, required=True)
parser.add_argument("--threads", type=int, default=2)
args = parser.parse_args()
torch.set_num_threads(args.threads)
shape = (1, args.heads, args.length, args.head_width)


def read(name):
    return torch.frombuffer(bytearray((args.data / f"{name}.f32").read_bytes()), dtype=torch.float32).reshape(shape)


q, k, v, upstream = (read(name) for name in ("q", "k", "v", "upstream"))
for x in (q, k, v):
    x.requires_grad_(True)


def eager(q, k, v):
    return torch.softmax(q @ k.transpose(-1, -2) / args.head_width**0.5, -1) @ v


def both(attend):
    out = attend(q, k, v)
    return (out, *torch.autograd.grad(out, (q, k, v), upstream))


flex_compiled = None


def flex():
    global flex_compiled
    if flex_compiled is None:
        from torch.nn.attention.flex_attention import flex_attention

        flex_compiled = torch.compile(flex_attention)
    return flex_compiled(q.detach(), k.detach(), v.detach())


ways = {"sdpa": lambda: both(F.scaled_dot_product_attention), "eager": lambda: both(eager), "flex": flex}
largest = [float(x.detach().abs().max()) for x in ways["sdpa"]()]
print(json.dumps({"event": "ready", "torch": torch.__version__, "largest": largest}), flush=True)
for line in sys.stdin:
    name = line.strip()
    if name == "quit":
        break
    try:
        started = time.perf_counter()
        ways[name]()
        print(json.dumps({"ms": 1000 * (time.perf_counter() - started)}), flush=True)
    except Exception as error:  # what cannot be built here is reported, not hidden
        print(json.dumps({"error": f"{type(error).__name__}: {str(error).splitlines()[0][:200]}"}), flush=True)
