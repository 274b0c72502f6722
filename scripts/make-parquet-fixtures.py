"""Write test/fixtures/data/*.parquet: small Parquet files as pyarrow and the Hugging Face Hub write them.

All text is made up here. `rows.json` holds what the readers must find in them.

Usage, from the repository root (needs pyarrow):
    python scripts/make-parquet-fixtures.py
"""

import datetime
import decimal
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

OUT = Path("test/fixtures/data")
OUT.mkdir(parents=True, exist_ok=True)

THINGS = ["kettle", "ladder", "lantern", "violin", "harbour", "café", "茶碗", "🎈 balloon"]
MOODS = ["sings", "waits", "leans", "hums over a slow blue flame", "stays where it was"]
NAMES = ["not_equivalent", "equivalent"]
N = 40

first = [f"The {THINGS[i % 8]} number {i} {MOODS[i % 5]}." for i in range(N)]
second = [f"Somebody says that the {THINGS[(i * 3) % 8]} {MOODS[(i + i // 7) % 5]}." for i in range(N)]
labels = [(i * i + i // 3) % 2 for i in range(N)]


def hub_metadata(features):
    return {"huggingface": json.dumps({"info": {"features": features}})}


STRING = {"dtype": "string", "_type": "Value"}
INT64 = {"dtype": "int64", "_type": "Value"}
CLASS = {"names": NAMES, "_type": "ClassLabel"}


def write(name, table, features=None, **options):
    if features:
        table = table.replace_schema_metadata(hub_metadata(features))
    pq.write_table(table, OUT / name, **options)


pairs = pa.table(
    {"sentence1": first, "sentence2": second, "label": pa.array(labels, pa.int64()), "idx": pa.array(range(N), pa.int32())}
)
pair_features = {"sentence1": STRING, "sentence2": STRING, "label": CLASS, "idx": {"dtype": "int32", "_type": "Value"}}

for codec in ["snappy", "zstd", "gzip", "none"]:
    write(f"pairs-{codec}.parquet", pairs, pair_features, compression=codec)
write("pairs-groups.parquet", pairs, pair_features, row_group_size=7, compression="snappy")
write("pairs-v2.parquet", pairs, pair_features, data_page_version="2.0", compression="zstd")
write(
    "pairs-pages.parquet", pairs, pair_features, compression="snappy", write_page_index=True, data_page_size=256,
    write_batch_size=4, use_dictionary=["label"],
)  # fmt: skip
write(
    "pairs-delta.parquet", pairs, pair_features, compression="none", use_dictionary=False,
    column_encoding={"sentence1": "DELTA_BYTE_ARRAY", "sentence2": "DELTA_LENGTH_BYTE_ARRAY", "label": "DELTA_BINARY_PACKED",
                     "idx": "PLAIN"},
)  # fmt: skip

# GLUE's test splits: every label is -1.
hidden = pairs.set_column(2, "label", pa.array([-1] * N, pa.int64()))
write("hidden.parquet", hidden, pair_features, compression="snappy")

# Words again and again, kept as a dictionary in Arrow too; labels as words; a column that may be empty.
words = pa.table(
    {
        "text": pa.array([f"{THINGS[i % 4]} {MOODS[i % 3]}" for i in range(N)]).dictionary_encode(),
        "label": pa.array(["calm" if y else "loud" for y in labels]).dictionary_encode(),
        "note": pa.array([None if i % 3 else f"note {i}" for i in range(N)]),
        "weight": pa.array([None if i % 4 == 0 else i / 4 for i in range(N)], pa.float64()),
    }
)
write("words.parquet", words, compression="snappy")

# A broken row: the text of row 6 (from 1) is missing.
write(
    "missing.parquet",
    pa.table({"text": [None if i == 5 else first[i] for i in range(N)], "label": pa.array(labels, pa.int64())}),
    compression="snappy",
)

# Named entities: lists of words and of class numbers.
TAGS = ["O", "B-THING", "I-THING"]
tokens = [sentence.rstrip(".").split(" ") for sentence in first[:12]]
tags = [[1 if at == 1 else 2 if at == 2 else 0 for at in range(len(words))] for words in tokens]
tokens[4], tags[4] = [], []
entities = pa.table({"tokens": pa.array(tokens, pa.list_(pa.string())), "ner_tags": pa.array(tags, pa.list_(pa.int64()))})
write(
    "tags.parquet", entities,
    {"tokens": {"feature": STRING, "_type": "List"},
     "ner_tags": {"feature": {"names": TAGS, "_type": "ClassLabel"}, "_type": "Sequence"}},
    row_group_size=5, compression="snappy",
)  # fmt: skip

full = [at for at in range(12) if tokens[at]]
write(
    "tags-full.parquet", entities.take(full),
    {"tokens": [STRING], "ner_tags": [{"names": TAGS, "_type": "ClassLabel"}]},
    row_group_size=4, compression="zstd",
)  # fmt: skip

# Every other kind of cell, and what may be missing.
write(
    "types.parquet",
    pa.table(
        {
            "flag": pa.array([True, None, False]),
            "day": pa.array([datetime.date(2020, 2, 29), None, datetime.date(1970, 1, 1)]),
            "time": pa.array([datetime.datetime(2021, 3, 4, 5, 6, 7), None, None], pa.timestamp("us")),
            "price": pa.array([decimal.Decimal("1.25"), decimal.Decimal("-3.50"), None], pa.decimal128(9, 2)),
            "long": pa.array([2**60 + 7, -5, None], pa.int64()),
            "unsigned": pa.array([2**64 - 1, 3, None], pa.uint64()),
            "half": pa.array([0.5, None, -2.0], pa.float32()),
            "nothing": pa.nulls(3),
            "lists": pa.array([[["a"], []], None, [None, ["b", None]]], pa.list_(pa.list_(pa.string()))),
            "structs": pa.array([[{"x": 1, "y": "z"}], [], None], pa.list_(pa.struct([("x", pa.int64()), ("y", pa.string())]))),
            "map": pa.array([[("k", 1)], None, []], pa.map_(pa.string(), pa.int64())),
        }
    ),
    compression="lz4",
)  # fmt: skip

# Images as the Hub stores them. The bytes are not an image: the reader must not care.
images = pa.table(
    {
        "image": pa.array([{"bytes": bytes([137, 80, i, 255, 0, 128]), "path": f"{i}.png"} for i in range(6)],
                          pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        "label": pa.array([0, 1, 2, 0, 1, 2], pa.int64()),
    }
)  # fmt: skip
write(
    "images.parquet", images,
    {"image": {"_type": "Image"}, "label": {"names": ["cat", "dog", "owl"], "_type": "ClassLabel"}},
    compression="snappy",
)  # fmt: skip

(OUT / "rows.json").write_text(
    json.dumps(
        {
            "pairs": [{"sentence1": a, "sentence2": b, "label": y} for a, b, y in zip(first, second, labels)],
            "classNames": NAMES,
            "words": words.to_pylist(),
            "tokens": tokens,
            "tags": [[TAGS[tag] for tag in row] for row in tags],
        },
        ensure_ascii=False,
    )
    + "\n"
)
