/** Row-major strides of a concrete shape. */
export function strides(shape: readonly number[]): number[] {
  const out = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    out[axis] = stride;
    stride *= shape[axis];
  }
  return out;
}

/** Flat index into `from` of flat position `at` in the broadcast shape `to`. */
export function source(at: number, to: readonly number[], from: readonly number[]): number {
  let index = 0;
  let stride = 1;
  for (let axis = to.length - 1, rest = at; axis >= 0; axis--) {
    const here = rest % to[axis];
    rest = Math.floor(rest / to[axis]);
    const mine = axis - (to.length - from.length);
    if (mine >= 0) {
      index += (from[mine] === 1 ? 0 : here) * stride;
      stride *= from[mine];
    }
  }
  return index;
}
