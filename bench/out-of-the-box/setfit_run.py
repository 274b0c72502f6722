"""SetFit with its defaults on the rows of make-data.ts: python setfit_run.py --data FOLDER --model FOLDER sst2-8-1 …

    pip install setfit

Prints one line of JSON a cell: accuracy on <set>-test.jsonl, and with --timed the seconds of training (loading and evaluation left out).
"""

import argparse
import json
import time
from pathlib import Path

import torch
from datasets import Dataset
from setfit import SetFitModel, Trainer, TrainingArguments

parser = argparse.ArgumentParser()
parser.add_argument("--data", type=Path, required=True)
parser.add_argument("--model", required=True)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--timed", action="store_true", help="nothing else runs on this machine: print the seconds too")
parser.add_argument("cells", nargs="+")
args = parser.parse_args()
torch.set_num_threads(args.threads)


def rows_of(name):
    with open(args.data / f"{name}.jsonl", encoding="utf8") as file:
        return [json.loads(line) for line in file]


def text_of(row):
    """SetFit reads one text: of a pair, both, with the separator between."""
    return row["text"] if "text" in row else f"{row['sentence1']} [SEP] {row['sentence2']}"


for cell in args.cells:
    known, asked = rows_of(cell), rows_of(f"{cell.split('-')[0]}-test")
    labels = sorted({row["label"] for row in known})
    data = Dataset.from_dict({"text": [text_of(row) for row in known], "label": [labels.index(row["label"]) for row in known]})
    model = SetFitModel.from_pretrained(args.model)
    arguments = TrainingArguments(output_dir="/tmp/setfit", save_strategy="no", logging_strategy="no", report_to="none", seed=int(cell.split("-")[2]))
    started = time.perf_counter()
    Trainer(model=model, args=arguments, train_dataset=data).train()
    seconds = time.perf_counter() - started
    said = model.predict([text_of(row) for row in asked])
    right = sum(labels[int(answer)] == row["label"] for answer, row in zip(said, asked))
    times = {"seconds": round(seconds, 1)} if args.timed else {}
    print(json.dumps({"cell": cell, "method": "setfit", "accuracy": right / len(asked), **times}), flush=True)
