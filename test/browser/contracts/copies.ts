// Counts what crosses between host and GPU, at WebGPU itself: loaded before ONNX Runtime.

/** Bytes so far. */
export interface Copies {
  /** Tensors: everything but what follows. */
  toDevice: number;
  /** Into uniform buffers: the sizes and strides that come with each kernel. */
  uniforms: number;
  toHost: number;
}

/** `GPUBufferUsage.UNIFORM` */
const UNIFORM = 0x40;
/** `GPUMapMode.READ` */
const READ = 1;

interface Buffer {
  readonly size: number;
  readonly usage: number;
}

interface Prototype {
  prototype: Record<string, (...parameters: never[]) => unknown>;
}

/** Start counting; `copies` keeps changing. */
export function countCopies(): Copies {
  const copies: Copies = { toDevice: 0, uniforms: 0, toHost: 0 };
  const scope = globalThis as unknown as { GPUQueue?: Prototype; GPUBuffer?: Prototype; GPUDevice?: Prototype };
  if (!scope.GPUQueue || !scope.GPUBuffer || !scope.GPUDevice) return copies;
  const up = (bytes: number, usage: number): void => {
    if (usage & UNIFORM) copies.uniforms += bytes;
    else copies.toDevice += bytes;
  };
  wrap(
    scope.GPUQueue,
    "writeBuffer",
    ([buffer, , data, offset = 0, size]: [Buffer, unknown, ArrayBufferView | ArrayBuffer, number?, number?]) => {
      const element = "BYTES_PER_ELEMENT" in data ? (data.BYTES_PER_ELEMENT as number) : 1;
      up(size === undefined ? data.byteLength - offset * element : size * element, buffer.usage);
    },
  );
  wrap(scope.GPUDevice, "createBuffer", ([{ mappedAtCreation, size, usage }]: [Buffer & { mappedAtCreation?: boolean }]) => {
    if (mappedAtCreation) up(size, usage);
  });
  wrap(scope.GPUBuffer, "mapAsync", ([mode, offset = 0, size]: [number, number?, number?], self: Buffer) => {
    const bytes = size ?? self.size - offset;
    if (mode === READ) copies.toHost += bytes;
    else up(bytes, self.usage);
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
