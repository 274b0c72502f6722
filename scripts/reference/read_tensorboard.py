"""What TensorBoard's own reader finds in a folder of runs: python read_tensorboard.py FOLDER.

Prints one line of JSON a run and tag: scalars as [step, value] pairs, texts as they are. It fails where a run has a step of a tag twice.
"""

import json
import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util

for folder in sorted({path.parent for path in Path(sys.argv[1]).rglob("*tfevents*")}):
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0}).Reload()
    run = str(folder.relative_to(sys.argv[1]))
    tags = events.Tags()
    for tag in tags["scalars"]:
        points = [[event.step, event.value] for event in events.Scalars(tag)]
        steps = [step for step, _ in points]
        if steps != sorted(set(steps)):
            sys.exit(f"{run} {tag}: expected each step once, in order, got {steps}")
        print(json.dumps({"run": run, "tag": tag, "points": points}))
    for tag in tags["tensors"]:
        texts = [tensor_util.make_ndarray(event.tensor_proto).item().decode() for event in events.Tensors(tag)]
        plugin = events.summary_metadata[tag].plugin_data.plugin_name
        print(json.dumps({"run": run, "tag": tag, "plugin": plugin, "texts": texts}))
