"""Fine-tunes a checkpoint on a TSV with transformers' own Trainer, dropout on: the peer that Crisp's training is held against.

    python scripts/reference/trainer.py MODEL_DIR TRAIN.tsv DEV.tsv --seed 1 --out peer-1.json
        [--learning-rate 5e-5] [--batch-size 32] [--epochs 3] [--warmup-ratio 0.1] [--weight-decay 0.01]
        [--max-length 128] [--threads 2]

Both files have a header `sentence<TAB>label` and labels from 0. A run is paired by seed with a Crisp run through one thing
only: both read the same TRAIN.tsv. The fresh head, the order of the batches and the dropout masks come from PyTorch's
random numbers, Crisp's from its own, so differences by seed share no more noise than the training rows bring.

Writes JSON: {seed, settings, accuracy, loss, trainLog, predictions: [{index, label, prediction, logits}], seconds, versions}.
`accuracy` and `loss` (mean cross-entropy) are of DEV.tsv at the last step, in evaluation mode; `index` is the row of DEV.tsv
from 0.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch
import transformers
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainingArguments,
    set_seed,
)

PAIRING = "same training rows only; head, batch order and dropout are drawn independently of Crisp's"


def read_rows(path):
    lines = Path(path).read_text(encoding="utf-8").rstrip("\n").split("\n")
    if lines[0].split("\t")[:2] != ["sentence", "label"]:
        raise SystemExit(f"{path}:1: expected the header sentence<TAB>label, got {lines[0]!r}.")
    rows = []
    for number, line in enumerate(lines[1:], 2):
        cells = line.split("\t")  # GLUE does not quote: a quotation mark is text
        if len(cells) != 2 or not cells[1].isdigit():
            raise SystemExit(f"{path}:{number}: expected sentence<TAB>label, got {len(cells)} cells.")
        rows.append((cells[0], int(cells[1])))
    return rows


def encode(rows, tokenizer, max_length):
    encoded = tokenizer([text for text, _ in rows], truncation=True, max_length=max_length)
    return [{name: encoded[name][i] for name in encoded} | {"labels": label} for i, (_, label) in enumerate(rows)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model_dir")
    parser.add_argument("train")
    parser.add_argument("dev")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--learning-rate", type=float, default=5e-5)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--warmup-ratio", type=float, default=0.1)
    parser.add_argument("--weight-decay", type=float, default=0.01)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)

    train_rows, dev_rows = read_rows(arguments.train), read_rows(arguments.dev)
    tokenizer = AutoTokenizer.from_pretrained(arguments.model_dir)
    set_seed(arguments.seed)  # before the model: the fresh head is drawn here
    model = AutoModelForSequenceClassification.from_pretrained(
        arguments.model_dir, num_labels=max(label for _, label in train_rows) + 1, dtype=torch.float32
    )

    with tempfile.TemporaryDirectory() as scratch:
        settings = TrainingArguments(
            output_dir=scratch,
            seed=arguments.seed,
            learning_rate=arguments.learning_rate,
            per_device_train_batch_size=arguments.batch_size,
            per_device_eval_batch_size=64,
            num_train_epochs=arguments.epochs,
            lr_scheduler_type="linear",
            warmup_steps=arguments.warmup_ratio,  # below 1: a share of all steps
            weight_decay=arguments.weight_decay,
            max_grad_norm=1.0,
            train_sampling_strategy="group_by_length",
            logging_steps=50,
            save_strategy="no",
            report_to="none",
            use_cpu=True,
            disable_tqdm=True,
        )
        trainer = Trainer(
            model=model,
            args=settings,
            train_dataset=encode(train_rows, tokenizer, arguments.max_length),
            data_collator=DataCollatorWithPadding(tokenizer),
            processing_class=tokenizer,
        )
        start = time.perf_counter()
        trainer.train()
        seconds = time.perf_counter() - start
        settings.train_sampling_strategy = "random"  # predict() would group by length too, and return rows in that order
        output = trainer.predict(encode(dev_rows, tokenizer, arguments.max_length))

    logits, labels = torch.tensor(output.predictions), torch.tensor([label for _, label in dev_rows])
    if output.label_ids.tolist() != labels.tolist():
        raise SystemExit("trainer.predict: expected the rows of DEV.tsv in their order, got another order.")
    chosen = logits.argmax(-1)
    result = {
        "seed": arguments.seed,
        "pairing": PAIRING,
        "settings": {name: str(value) if isinstance(value, Path) else value for name, value in vars(arguments).items()},
        "rows": {"train": len(train_rows), "dev": len(dev_rows)},
        "steps": trainer.state.global_step,
        "accuracy": (chosen == labels).double().mean().item(),
        "loss": torch.nn.functional.cross_entropy(logits, labels).item(),
        "trainLog": [entry for entry in trainer.state.log_history if "loss" in entry],
        "predictions": [
            {"index": i, "label": int(labels[i]), "prediction": int(chosen[i]), "logits": logits[i].tolist()}
            for i in range(len(dev_rows))
        ],
        "seconds": seconds,
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
    }
    arguments.out.write_text(json.dumps(result))
    print(f"seed {arguments.seed} accuracy {result['accuracy']:.4f} loss {result['loss']:.4f} seconds {seconds:.1f}")


if __name__ == "__main__":
    main()
