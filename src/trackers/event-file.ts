import protobuf from "protobufjs/minimal.js";
import type { Point } from "./tracker.ts";

/**
 * What TensorBoard reads: TFRecords, each an `Event`.
 *
 * A record is its length (8 bytes, little endian), the masked CRC-32C of the length, the event, and the event's masked CRC-32C.
 *
 * @see https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/util/event.proto
 * @see https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/lib/io/record_writer.h
 */
export function record(event: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + event.length + 4);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(event.length), true);
  view.setUint32(8, maskedCrc(bytes.subarray(0, 8)), true);
  bytes.set(event, 12);
  view.setUint32(12 + event.length, maskedCrc(event), true);
  return bytes;
}

/** The first event of each file. @param time - Milliseconds since 1970, as for all of these. */
export const versionEvent = (time: number): Uint8Array =>
  protobuf.Writer.create().uint32(9).double(seconds(time)).uint32(26).string("brain.Event:2").finish();

/** The metrics of a point, each a scalar. */
export const scalarsEvent = ({ step, time, metrics }: Point): Uint8Array =>
  summaryEvent(step, time, (writer) => {
    for (const [tag, value] of Object.entries(metrics))
      writer.uint32(10).fork().uint32(10).string(tag).uint32(21).float(value).ldelim();
  });

/** A text in Markdown, shown under `<tag>/text_summary` as PyTorch's `add_text` names it. */
export const textEvent = (tag: string, text: string, time: number): Uint8Array =>
  summaryEvent(0, time, (writer) => {
    writer.uint32(10).fork().uint32(10).string(`${tag}/text_summary`);
    // tensor { dtype: DT_STRING, tensor_shape { dim { size: 1 } }, string_val }
    writer.uint32(66).fork().uint32(8).int32(7);
    writer.uint32(18).fork().uint32(18).fork().uint32(8).int64(1).ldelim().ldelim();
    writer.uint32(66).bytes(new TextEncoder().encode(text)).ldelim();
    // metadata { plugin_data { plugin_name } }
    writer.uint32(74).fork().uint32(10).fork().uint32(10).string("text").ldelim().ldelim().ldelim();
  });

/** Events of a file in their order, up to the first record that is not whole or not right. */
export function* scalarsOf(file: Uint8Array): Generator<{ readonly step: number; readonly tags: readonly string[] }> {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  for (let at = 0; at + 16 <= file.length; ) {
    const length = Number(view.getBigUint64(at, true));
    const end = at + 12 + length + 4;
    if (end > file.length || view.getUint32(at + 8, true) !== maskedCrc(file.subarray(at, at + 8))) return;
    const event = file.subarray(at + 12, end - 4);
    if (view.getUint32(end - 4, true) !== maskedCrc(event)) return;
    yield scalarsIn(event);
    at = end;
  }
}

const seconds = (time: number): number => time / 1000;

function summaryEvent(step: number, time: number, values: (writer: protobuf.Writer) => void): Uint8Array {
  const writer = protobuf.Writer.create().uint32(9).double(seconds(time));
  if (step !== 0) writer.uint32(16).int64(step);
  writer.uint32(42).fork();
  values(writer);
  return writer.ldelim().finish();
}

/** Step, and tags of the summary's values, of an event. */
function scalarsIn(event: Uint8Array): { readonly step: number; readonly tags: readonly string[] } {
  const reader = protobuf.Reader.create(event);
  let step = 0;
  const tags: string[] = [];
  while (reader.pos < reader.len) {
    const key = reader.uint32();
    if (key === 16) step = Number(reader.int64());
    else if (key !== 42) reader.skipType(key & 7);
    else {
      const end = reader.uint32() + reader.pos;
      while (reader.pos < end) {
        reader.uint32(); // a summary holds nothing but values
        const valueEnd = reader.uint32() + reader.pos;
        while (reader.pos < valueEnd) {
          const field = reader.uint32();
          if (field === 10) tags.push(reader.string());
          else reader.skipType(field & 7);
        }
      }
    }
  }
  return { step, tags };
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** CRC-32C, turned and shifted, as a checksum of data that hold checksums would be weak. */
function maskedCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
