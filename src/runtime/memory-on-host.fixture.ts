import { elements } from "../graph/index.ts";
import type { DeviceTensor, HostTensor, Runtime, Tensor } from "./runtime.ts";

/** A tensor that only `memoryOnHost` can read. */
class Kept implements DeviceTensor {
  readonly location = "device";
  readonly #tensor: HostTensor;
  #released = false;

  constructor(tensor: HostTensor) {
    this.#tensor = { ...tensor, data: tensor.data.slice() } as HostTensor;
  }

  get dtype() {
    return this.#tensor.dtype;
  }

  get shape() {
    return this.#tensor.shape;
  }

  read(): HostTensor {
    if (this.#released) throw new Error("a released tensor was read");
    return this.#tensor;
  }

  release(): void {
    if (this.#released) throw new Error("a tensor was released twice");
    this.#released = true;
  }
}

/** A runtime that pretends to have a memory of its own, so that what is written for devices is tested without one. */
export function memoryOnHost(runtime: Runtime): Runtime {
  const copied = { toDevice: 0, toHost: 0 };
  const down = (feeds: Readonly<Record<string, Tensor>>): Record<string, HostTensor> =>
    Object.fromEntries(
      Object.entries(feeds).map(([name, tensor]) => {
        if (tensor instanceof Kept) return [name, tensor.read()];
        copied.toDevice += 4 * elements(tensor.shape);
        return [name, tensor as HostTensor];
      }),
    );
  return {
    ...runtime,
    async compile(outputs) {
      const session = await runtime.compile(outputs);
      return { ...session, run: (feeds, into) => session.run(down(feeds), into) };
    },
    memory: {
      copied,
      async upload(tensor) {
        copied.toDevice += 4 * elements(tensor.shape);
        return new Kept(tensor);
      },
      async download(tensor) {
        copied.toHost += 4 * elements(tensor.shape);
        return (tensor as Kept).read();
      },
      async compile(outputs, kept) {
        const session = await runtime.compile(outputs);
        return {
          ...session,
          async run(feeds) {
            const results = Object.entries(await session.run(down(feeds)));
            const host = results.filter(([name]) => !kept.includes(name));
            for (const [, { shape }] of host) copied.toHost += 4 * elements(shape);
            return {
              host: Object.fromEntries(host),
              kept: Object.fromEntries(
                results.filter(([name]) => kept.includes(name)).map(([name, tensor]) => [name, new Kept(tensor)]),
              ),
            };
          },
        };
      },
    },
  };
}
