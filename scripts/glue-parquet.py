"""Writes GLUE tasks as the Hub's data set nyu-mll/glue serves them: Parquet by pyarrow, with the `huggingface` metadata that names the classes.

    python scripts/glue-parquet.py <folder of GLUE's files> <target folder> [--rows N]

Reads CoLA, RTE, MRPC and SST-2 in the form GLUE published them. `--rows` keeps the first N training rows.
"""

import argparse
import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

CLASSES = {
    "cola": ["unacceptable", "acceptable"],
    "sst2": ["negative", "positive"],
    "mrpc": ["not_equivalent", "equivalent"],
    "rte": ["entailment", "not_entailment"],
}


def rows(path):
    with open(path, encoding="utf-8-sig", newline="\n") as file:
        return [line.rstrip("\r\n").split("\t") for line in file if line.strip()]


def cola(path):
    return [{"sentence": r[3], "label": int(r[1])} for r in rows(path)]


def sst2(path):
    return [{"sentence": r[0], "label": int(r[1])} for r in rows(path)[1:]]


def mrpc(path):
    head, *body = rows(path)
    quality, first, second = (head.index(name) for name in ("Quality", "#1 String", "#2 String"))
    return [{"sentence1": r[first], "sentence2": r[second], "label": int(r[quality])} for r in body]


def rte(path):
    head, *body = rows(path)
    first, second, label = (head.index(name) for name in ("sentence1", "sentence2", "label"))
    return [{"sentence1": r[first], "sentence2": r[second], "label": CLASSES["rte"].index(r[label])} for r in body]


READERS = {"cola": ("CoLA", cola), "sst2": ("SST-2", sst2), "mrpc": ("MRPC", mrpc), "rte": ("RTE", rte)}


def write(path, task, examples):
    examples = [{**example, "idx": at} for at, example in enumerate(examples)]
    texts = [name for name in examples[0] if name.startswith("sentence")]
    features = {name: {"dtype": "string", "_type": "Value"} for name in texts}
    features |= {"label": {"names": CLASSES[task], "_type": "ClassLabel"}, "idx": {"dtype": "int32", "_type": "Value"}}
    schema = pa.schema(
        [*((name, pa.string()) for name in texts), ("label", pa.int64()), ("idx", pa.int32())],
        metadata={"huggingface": json.dumps({"info": {"features": features}})},
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(examples, schema=schema), path)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--rows", type=int)
    arguments = parser.parse_args()
    for task, (folder, read) in READERS.items():
        train = read(arguments.source / folder / "train.tsv")[: arguments.rows]
        dev = read(arguments.source / folder / "dev.tsv")
        write(arguments.target / task / "train-00000-of-00001.parquet", task, train)
        write(arguments.target / task / "validation-00000-of-00001.parquet", task, dev)
        hidden = [{**example, "label": -1} for example in dev[:50]]
        write(arguments.target / task / "test-00000-of-00001.parquet", task, hidden)
        print(f"{task}: {len(train)} training rows, {len(dev)} for validation")


main()
