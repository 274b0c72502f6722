"""Loads in Python the model folders that scripts/write-model-folders.ts wrote: every key must be there, and none else.

    node scripts/write-model-folders.ts /tmp/folders && python scripts/check-model-folders.py /tmp/folders

Needs torch and transformers. Prints a line a folder, and ends with 1 if any of them loads otherwise than it was written.
"""

import json
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file


def check(folder):
    config = json.loads((folder / "config.json").read_text())
    (architecture,) = config["architectures"]
    model, info = getattr(transformers, architecture).from_pretrained(folder, output_loading_info=True)
    problems = {key: value for key, value in info.items() if value}
    stored = load_file(folder / "model.safetensors")
    state = model.state_dict()
    # transformers 5 renames tensors of some families while it loads: those are looked for by their values
    moved = {name: value for name, value in stored.items() if name not in state}
    kept = {name: value for name, value in stored.items() if name in state}
    same = lambda a, b: a.shape == b.shape and torch.equal(a, b)
    different = [name for name, value in kept.items() if not same(state[name], value)]
    different += [name for name, value in moved.items() if not any(same(value, other) for other in state.values())]
    if different:
        problems["different"] = different
    # what the file does not hold must be another name of what it does
    held = {state[name].data_ptr() for name in kept}
    rest = [name for name, value in state.items() if name not in stored and value.data_ptr() not in held]
    apart = [name for name in rest if not any(same(state[name], value) for value in moved.values())]
    if apart:
        problems["not stored"] = apart
    print(f"{folder.name}: {architecture}, {len(stored)} tensors, {'ok' if not problems else problems}")
    return not problems


def main():
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    folders = sorted(path.parent for path in Path(sys.argv[1]).glob("*/config.json"))
    results = [check(folder) for folder in folders]
    print(f"{sum(results)} of {len(results)} folders load as they were written")
    sys.exit(0 if results and all(results) else 1)


if __name__ == "__main__":
    main()
