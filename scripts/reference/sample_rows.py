"""Draws training rows once, so that every trainer, Crisp's and the peer's, reads the same ones.

    python scripts/reference/sample_rows.py TRAIN.tsv OUT.tsv --rows 10000 [--seed 0]

The rows are `random.Random(seed).sample(rows of TRAIN.tsv below the header, count)`: without replacement, in the order
drawn, each line byte for byte as it stands, under the header of TRAIN.tsv. The same seed writes the same file on every
machine: Python fixes the sequence of `random.Random`.
"""

import argparse
import random
from pathlib import Path


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("train", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    header, *rows = arguments.train.read_bytes().rstrip(b"\n").split(b"\n")
    if not 0 < arguments.rows <= len(rows):
        raise SystemExit(f"--rows: expected 1 to {len(rows)} (the rows of {arguments.train}), got {arguments.rows}.")
    chosen = random.Random(arguments.seed).sample(rows, arguments.rows)
    arguments.out.write_bytes(b"\n".join([header, *chosen]) + b"\n")


if __name__ == "__main__":
    main()
