"""Token ids and hidden states of an encoder by transformers, for check-encoder.ts.

    python scripts/reference/encoder_hidden.py MODEL WORK

Reads WORK/inputs.json: {"lines": [text], "sentences": how many of them are computed, "maxLength"}. Writes WORK/ids.json, ids by line,
and WORK/hidden.f32: last_hidden_state of the first sentences as one batch padded at the end, [B, n, D] in float32.
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
tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
cut = {"truncation": True, "max_length": inputs["maxLength"]}
ids = tokenizer(inputs["lines"], padding=False, **cut)["input_ids"]
(work / "ids.json").write_text(json.dumps(ids), encoding="utf-8")
model = transformers.AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
batch = tokenizer(inputs["lines"][: inputs["sentences"]], padding=True, return_tensors="pt", **cut)
with torch.no_grad():
    hidden = model(**batch).last_hidden_state
(work / "hidden.f32").write_bytes(hidden.contiguous().numpy().tobytes())
print(f"transformers {transformers.__version__}, torch {torch.__version__}: {type(model).__name__}")
