import { pipeline, Readable, type Transform } from "node:stream";
import { createGunzip, createGzip } from "node:zlib";
import { badGzip } from "../table/decode.ts";

/**
 * Unpacked bytes, piece by piece, by zlib, which reads gzip files put one behind the other too.
 *
 * @throws `data/bad-gzip`.
 */
export async function* inflated(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  try {
    yield* through(chunks, createGunzip());
  } catch (error) {
    throw badGzip(name, error);
  }
}

/** Bytes as a gzip file, piece by piece. */
export const deflated = (chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> => through(chunks, createGzip());

/** An error of the chunks is one of what comes out; whoever stops reading stops them too. */
const through = (chunks: AsyncIterable<Uint8Array>, step: Transform): AsyncIterable<Uint8Array> =>
  pipeline(Readable.from(chunks), step, () => {});
