"""Writes test/fixtures/events.json: what TensorBoard's own protobuf and record writer make of some events, in hex.

python scripts/make-event-fixture.py, with tensorboard 2.21.0.
"""

import io
import json
from pathlib import Path

from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

TIME = 1764442800.125
Value = summary_pb2.Summary.Value
shape = tensor_shape_pb2.TensorShapeProto(dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=1)])
text = tensor_pb2.TensorProto(dtype=7, tensor_shape=shape, string_val=["| größe | 3 |".encode()])
metadata = summary_pb2.SummaryMetadata(plugin_data=summary_pb2.SummaryMetadata.PluginData(plugin_name="text"))
scalars = [Value(tag="train/loss", simple_value=0.625), Value(tag="train/grad_norm", simple_value=float("inf"))]

EVENTS = {
    "version": event_pb2.Event(wall_time=TIME, file_version="brain.Event:2"),
    "scalars": event_pb2.Event(wall_time=TIME, step=70000, summary=summary_pb2.Summary(value=scalars)),
    "text": event_pb2.Event(
        wall_time=TIME, summary=summary_pb2.Summary(value=[Value(tag="args/text_summary", tensor=text, metadata=metadata)])
    ),
}


def framed(event):
    file = io.BytesIO()
    RecordWriter(file).write(event.SerializeToString())
    return file.getvalue().hex()


path = Path(__file__).parent.parent / "test/fixtures/events.json"
path.write_text(json.dumps({name: framed(event) for name, event in EVENTS.items()}, indent=2) + "\n")
