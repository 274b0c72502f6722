// Counts what crosses between host and GPU, at WebGPU itself: loaded before ONNX Runtime.

/** Bytes so far, and those of them that came in pieces larger than a kernel's parameters. */
export interface Copies {
  toDevice: number;
  toDeviceInLargePieces: number;
  toHost: number;
}

/** A kernel's uniforms take less. */
const LARGE = 1024;

interface Prototype {
  prototype: Record<string, (...parameters: never[]) => unknown>;
}

/** Start counting; `copies` goes on changing. */
export function countCopies(): Copies {
  const copies: Copies = { toDevice: 0, toDeviceInLargePieces: 0, toHost: 0 };
  const scope = globalThis as unknown as { GPUQueue?: Prototype; GPUBuffer?: Prototype; GPUDevice?: Prototype };
  if (!scope.GPUQueue || !scope.GPUBuffer || !scope.GPUDevice) return copies;
  const up = (bytes: number): void => {
    copies.toDevice += bytes;
    if (bytes > LARGE) copies.toDeviceInLargePieces += bytes;
  };
  wrap(
    scope.GPUQueue,
    "writeBuffer",
    ([, , data, offset = 0, size]: [unknown, unknown, ArrayBufferView | ArrayBuffer, number?, number?]) => {
      const element = "BYTES_PER_ELEMENT" in data ? (data.BYTES_PER_ELEMENT as number) : 1;
      up(size === undefined ? data.byteLength - offset * element : size * element);
    },
  );
  wrap(scope.GPUDevice, "createBuffer", ([{ mappedAtCreation, size }]: [{ mappedAtCreation?: boolean; size: number }]) => {
    if (mappedAtCreation) up(size);
  });
  wrap(scope.GPUBuffer, "mapAsync", ([mode, offset = 0, size]: [number, number?, number?], self: { size: number }) => {
    const bytes = size ?? self.size - offset;
    if (mode === 1) copies.toHost += bytes;
    else up(bytes);
  });
  return copies;
}

function wrap<Parameters extends unknown[], Self>(
  { prototype }: Prototype,
  name: string,
  count: (parameters: Parameters, self: Self) => void,
): void {
  const original = prototype[name];
  prototype[name] = function (this: Self, ...parameters: never[]) {
    count(parameters as unknown as Parameters, this);
    return original.apply(this as never, parameters);
  };
}
