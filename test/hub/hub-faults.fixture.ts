import type { ServerResponse } from "node:http";

/** Something that goes wrong with the requests whose path holds `path`. */
export type Fault = {
  /** Part of the request's path, or of the file's path at the second origin. */
  readonly path: string;
  /** How often; default always. */
  times?: number;
} /** @param pauseMs - Until the connection ends, so that the bytes arrive; default 50. */ & (
  | { readonly kind: "cut"; readonly afterBytes: number; readonly pauseMs?: number }
  | { readonly kind: "stall"; readonly afterBytes: number }
  /** Bytes of a right number and a wrong value. */
  | { readonly kind: "corrupt" }
  /** More bytes than are listed. */
  | { readonly kind: "longer" }
  | { readonly kind: "noRanges" }
  | { readonly kind: "status"; readonly status: number; readonly retryAfter?: string }
  /** Pieces of this many bytes, with pauses, so that something can happen between them. */
  | { readonly kind: "slow"; readonly bytesPerPiece: number; readonly pauseMs: number }
);

/** The first fault in force for a path, of those that spoil a whole answer or of those that spoil a body; it counts as used. */
export function faultFor(faults: readonly Fault[], path: string, of: "answer" | "body"): Fault | undefined {
  const fault = faults.find(
    ({ kind, times, path: part }) => times !== 0 && path.includes(part) && (kind === "status") === (of === "answer"),
  );
  if (fault?.times !== undefined) fault.times--;
  return fault;
}

/** Answer wrongly, after the headers of the answer where `body` is given. */
export function misbehave(response: ServerResponse, fault: Fault, body: Buffer = Buffer.alloc(0)): void {
  if (fault.kind === "status") {
    const headers = fault.retryAfter === undefined ? {} : { "Retry-After": fault.retryAfter };
    response.writeHead(fault.status, headers).end("made up");
  } else if (fault.kind === "cut") {
    const { afterBytes, pauseMs = 50 } = fault;
    response.write(body.subarray(0, afterBytes), () => setTimeout(() => response.destroy(), pauseMs));
  } else if (fault.kind === "stall") response.write(body.subarray(0, fault.afterBytes));
  else if (fault.kind === "slow") pieces(response, body, fault.bytesPerPiece, fault.pauseMs);
  else response.end(body);
}

function pieces(response: ServerResponse, body: Buffer, size: number, pauseMs: number): void {
  if (response.destroyed) return;
  response.write(body.subarray(0, size));
  if (body.length <= size) response.end();
  else setTimeout(() => pieces(response, body.subarray(size), size, pauseMs), pauseMs);
}
