"""Compares crisp_attention.py with the logits that Crisp itself computed. Called by check-python-module.ts.

    python scripts/check-python-module.py FOLDER

FOLDER holds one saved model a folder, each with expected.json: token ids, logits with the model's attention, and dense ones. Checked
for each: crisp_attention.load and plain transformers with attn_implementation="crisp", in a padded batch and one text at a time;
from_pretrained without it, which runs dense and must neither miss a weight nor find one too many; and, where onnx is installed, the
ONNX file by onnx.checker with full shape inference. rules.json holds what Crisp makes of sparsities; the module must make the same of
them. Ends with exit code 1 where a logit is further off than 1e-4, or a rule differs.
"""

import importlib.util
import json
import sys
from pathlib import Path

import torch
import transformers
from transformers.utils import logging

try:
    import onnx
except ImportError:
    onnx = None

TOLERANCE = 1e-4
logging.set_verbosity_error()
logging.disable_progress_bar()


def module_of(folder):
    spec = importlib.util.spec_from_file_location("crisp_attention", folder / "crisp_attention.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(model, inputs, padded_to=0):
    n = max(padded_to, *(len(text["ids"]) for text in inputs))
    pad = lambda values, by=0: values + [by] * (n - len(values))
    batch = {
        "input_ids": torch.tensor([pad(text["ids"], model.config.pad_token_id) for text in inputs]),
        "attention_mask": torch.tensor([pad([1] * len(text["ids"])) for text in inputs]),
    }
    if model.config.model_type in ("bert", "electra", "albert", "deberta-v2"):
        batch["token_type_ids"] = torch.tensor([pad(text["types"]) for text in inputs])
    with torch.no_grad():
        logits = model(**batch).logits
    # of a token classifier, [B, n, C], the real tokens
    tokens = logits.dim() == 3
    return [row[: len(text["ids"])].flatten() if tokens else row for row, text in zip(logits, inputs)]


def furthest(logits, expected):
    return max((row - torch.tensor(wanted)).abs().max().item() for row, wanted in zip(logits, expected, strict=True))


def off(model, inputs, expected):
    """How far logits are off in a batch, in a longer one, and text by text."""
    alone = [row for text in inputs for row in run(model, [text])]
    return max(furthest(x, expected) for x in (run(model, inputs), run(model, inputs, longest(model)), alone))


def longest(model):
    """As many tokens as any of the models takes."""
    return 34 if model.config.model_type == "xlm-roberta" else 38


def parameters(module, s, count):
    """As check-python-module.ts lists them."""
    numbers = [module.window_radius, module.global_tokens, module.stride_by]
    return [*(rule(s, count) for rule in numbers), module.kept_of_group(s, count, 4), module.removed_heads(s, count)]


failed = False
worst = {"sparse": 0.0, "dense": 0.0}
folders = sorted(path for path in Path(sys.argv[1]).iterdir() if (path / "expected.json").is_file())
for folder in folders:
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    inputs = expected["inputs"]
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    model_class = getattr(transformers, config["architectures"][0])
    plain, info = model_class.from_pretrained(folder, output_loading_info=True)
    keys = [*info["missing_keys"], *info["unexpected_keys"]]
    dense = off(plain.eval(), inputs, expected["dense"])
    worst["dense"] = max(worst["dense"], dense)
    sparse = None
    if (folder / "crisp_attention.py").is_file():
        module = module_of(folder)
        plainly = model_class.from_pretrained(folder, attn_implementation="crisp").eval()
        sparse = max(off(model, inputs, expected["logits"]) for model in (module.load(folder), plainly))
        worst["sparse"] = max(worst["sparse"], sparse)
    if onnx is not None:
        onnx.checker.check_model(str(folder / "onnx" / "model.onnx"), full_check=True)
    wrong = bool(keys) or dense > TOLERANCE or (sparse or 0) > TOLERANCE or (sparse is None) != (expected["title"] == "dense")
    failed = failed or wrong
    shown = "no module" if sparse is None else f"{sparse:.1e}"
    title = f"{expected['family']} {expected['title']}"
    print(f"{'WRONG' if wrong else 'ok':5} {title:90} sparse {shown:9} dense {dense:.1e} {keys or ''}")
rules = json.loads((Path(sys.argv[1]) / "rules.json").read_text(encoding="utf-8"))
module = module_of(next(folder for folder in folders if (folder / "crisp_attention.py").is_file()))
differ = [(s, count) for s, count, *wanted in rules if parameters(module, s, count) != wanted]
failed = failed or bool(differ)
print(f"{len(rules)} sparsities and lengths; {len(differ)} with another parameter {differ[:5] or ''}")
checker = "onnx.checker passed all" if onnx is not None else "onnx is not installed: its checker did not run"
print(f"{len(folders)} models; furthest logit: sparse {worst['sparse']:.1e}, dense {worst['dense']:.1e}; {checker}")
sys.exit(1 if failed or not folders else 0)
