"""Writes the folder that train_loop.py reads, for a step-by-step comparison of Crisp's training with PyTorch's.

    python scripts/reference/make_replay.py MODEL_DIR TRAIN.tsv FOLDER [--steps 200] [--batch-size 32] [--max-length 128]
        [--learning-rate 5e-5] [--warmup-ratio 0.1] [--weight-decay 0.01] [--max-grad-norm 1] [--seed 0]

Writes
    FOLDER/model/             a whole Hugging Face folder, fresh classifier head included (weights N(0, 0.02), bias 0, drawn
                              by transformers after set_seed(seed)); dropout 0 in config.json
    FOLDER/head.safetensors   classifier.weight and classifier.bias once more, where train_loop.py looks for them
    FOLDER/plan.json          as train_loop.py documents it; modelDir is "model"

Batch i holds the rows i·size to (i + 1)·size - 1 of TRAIN.tsv, in file order, padded to the longest row of the batch.
"""

import argparse
import json
import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from safetensors.torch import save_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer, set_seed

from train_loop import NO_DROPOUT
from trainer import read_rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model_dir")
    parser.add_argument("train")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--learning-rate", type=float, default=5e-5)
    parser.add_argument("--warmup-ratio", type=float, default=0.1)
    parser.add_argument("--weight-decay", type=float, default=0.01)
    parser.add_argument("--max-grad-norm", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    rows, size = read_rows(arguments.train), arguments.batch_size
    if len(rows) < arguments.steps * size:
        raise SystemExit(f"{arguments.train}: expected at least {arguments.steps * size} rows, got {len(rows)}.")
    tokenizer = AutoTokenizer.from_pretrained(arguments.model_dir)
    set_seed(arguments.seed)  # before the model: the fresh head is drawn here
    model = AutoModelForSequenceClassification.from_pretrained(
        arguments.model_dir, num_labels=max(label for _, label in rows) + 1, dtype=torch.float32
    )
    for name in NO_DROPOUT[model.config.model_type]:
        setattr(model.config, name, 0.0)
    model.save_pretrained(arguments.folder / "model")
    tokenizer.save_pretrained(arguments.folder / "model")
    head = {name: tensor for name, tensor in model.state_dict().items() if name.startswith("classifier.")}
    save_file(head, arguments.folder / "head.safetensors")

    batches = []
    for start in range(0, arguments.steps * size, size):
        texts, labels = zip(*rows[start : start + size])
        encoded = tokenizer(
            list(texts), truncation=True, max_length=arguments.max_length, padding="longest", return_token_type_ids=True
        )
        batches.append({
            "inputIds": encoded["input_ids"],
            "attentionMask": encoded["attention_mask"],
            "tokenTypeIds": encoded["token_type_ids"],
            "labels": list(labels),
        })
    plan = {
        "modelDir": "model",
        "learningRate": arguments.learning_rate,
        "weightDecay": arguments.weight_decay,
        "warmupSteps": round(arguments.warmup_ratio * arguments.steps),
        "totalSteps": arguments.steps,
        "maxGradNorm": arguments.max_grad_norm,
        "seed": arguments.seed,
        "batches": batches,
    }
    (arguments.folder / "plan.json").write_text(json.dumps(plan))


if __name__ == "__main__":
    main()
