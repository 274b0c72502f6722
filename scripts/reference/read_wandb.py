"""Print what a run of W&B's client has kept, a JSON line a step: python read_wandb.py run-….wandb

The file is a log of records in blocks of 32 KiB, as LevelDB writes them, behind 7 bytes of its own.
"""

import json
import pathlib
import struct
import sys

from wandb.proto import wandb_internal_pb2

BLOCK, HEADER = 32768, 7
LAST_PIECES = (1, 4)

data = pathlib.Path(sys.argv[1]).read_bytes()
at, record = HEADER, b""
while at + HEADER <= len(data):
    left = BLOCK - at % BLOCK
    if left < HEADER:
        at += left
        continue
    _, length, kind = struct.unpack("<IHB", data[at : at + HEADER])
    record += data[at + HEADER : at + HEADER + length]
    at += HEADER + length
    if kind not in LAST_PIECES:
        continue
    parsed = wandb_internal_pb2.Record()
    parsed.ParseFromString(record)
    record = b""
    if parsed.WhichOneof("record_type") == "history":
        items = parsed.history.item
        print(json.dumps({item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}))
