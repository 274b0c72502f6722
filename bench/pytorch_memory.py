"""Peak memory of PyTorch's training step, for bench/memory.ts: python bench/pytorch_memory.py '{"config": {...}, "batch": 32, ...}'

Prints one line of JSON; the figure is the process's largest resident set. Dropout is on.
"""

import json
import resource
import sys

import torch
from transformers import AutoConfig, AutoModelForSequenceClassification

subject = json.loads(sys.argv[1])
batch, length = subject["batch"], subject["length"]
torch.set_num_threads(2)
torch.manual_seed(0)
own = dict(subject["config"])
config = AutoConfig.for_model(own.pop("model_type"), **own, num_labels=2)
model = AutoModelForSequenceClassification.from_config(config, attn_implementation=subject["attention"]).train()
if subject["gradientCheckpointing"]:
    model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
optimiser = torch.optim.AdamW(model.parameters(), lr=5e-5, weight_decay=0.01, fused=True)
ids = torch.randint(1000, config.vocab_size, (batch, length))  # [B, n]
labels = torch.randint(0, 2, (batch,))
started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
peaks = []
for _ in range(subject["updates"]):
    loss = torch.nn.functional.cross_entropy(model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits, labels)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    optimiser.zero_grad()
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
print(json.dumps({"peakMegabytes": peaks[-1], "afterFirstUpdate": peaks[0], "beforeFirstUpdate": started // 1024}))
