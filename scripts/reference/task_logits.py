"""Logits that transformers computes for the texts of one folder, for check-task-folders.ts.

    python scripts/reference/task_logits.py MODEL WORK

Reads WORK/inputs.json, writes WORK/logits.json: all numbers of [B, C] or [B, n, C], row by row.
"""

import json
import sys
from pathlib import Path

import torch
import transformers

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
folder, work = Path(sys.argv[1]), Path(sys.argv[2])
inputs = json.loads((work / "inputs.json").read_text(encoding="utf-8"))
(architecture,) = json.loads((folder / "config.json").read_text(encoding="utf-8"))["architectures"]
if (folder / "crisp_attention.py").is_file():
    sys.path.insert(0, str(folder))
    import crisp_attention

    model = crisp_attention.load(folder)
else:
    model = getattr(transformers, architecture).from_pretrained(folder).eval()
tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
pairs = [each["pair"] for each in inputs if "pair" in each]
texts = [each["text"] for each in inputs]
batch = tokenizer(texts, pairs or None, padding=True, truncation=True, return_tensors="pt")
with torch.no_grad():
    logits = model(**batch).logits
(work / "logits.json").write_text(json.dumps(logits.flatten().tolist()), encoding="utf-8")
