import { expectedGot } from "../../../errors/index.ts";
import { folderPlace } from "./folder-place-node.ts";
import type { CheckpointPlace } from "./place.ts";
import { s3Place } from "./s3/s3-place-node.ts";

/** All kinds of places for checkpoints. */
const places: readonly CheckpointPlace[] = [folderPlace, s3Place];

/**
 * The kind of place that an address means: by what stands before `://`, else a folder.
 *
 * @throws `checkpoint/bad-place`.
 */
export function checkpointPlace(where: string): CheckpointPlace {
  const scheme = /^([a-z][a-z\d+.-]*):\/\//i.exec(where)?.[1].toLowerCase();
  const place = places.find((each) => each.scheme === scheme);
  if (place) return place;
  const kinds = places.map((each) => (each.scheme === undefined ? "a folder" : `${each.scheme}://…`)).join(" or ");
  throw expectedGot("checkpoint/bad-place", "checkpoints", kinds, `${scheme}://…`);
}
