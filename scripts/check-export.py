"""Logits that transformers computes for batches of texts, for check-export.ts.

    python scripts/check-export.py MODEL WORK

Reads WORK/batches.json, writes WORK/logits.json: "dense" by plain from_pretrained, and "sparse" by the folder's crisp_attention.
"""

import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from transformers.utils import logging

logging.set_verbosity_error()
logging.disable_progress_bar()
folder, work = Path(sys.argv[1]), Path(sys.argv[2])
batches = json.loads((work / "batches.json").read_text(encoding="utf-8"))
tokenizer = AutoTokenizer.from_pretrained(folder)


def logits_of(model):
    rows = []
    for batch in batches:
        inputs = tokenizer(batch, padding=True, truncation=True, return_tensors="pt")
        with torch.no_grad():
            rows.extend(model(**inputs).logits.tolist())
    return rows


logits = {"dense": logits_of(AutoModelForSequenceClassification.from_pretrained(folder).eval())}
if (folder / "crisp_attention.py").is_file():
    sys.path.insert(0, str(folder))
    import crisp_attention

    logits["sparse"] = logits_of(crisp_attention.load(folder))
(work / "logits.json").write_text(json.dumps(logits), encoding="utf-8")
