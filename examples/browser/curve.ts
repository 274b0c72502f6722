export interface Point {
  /** Updates done. */
  readonly step: number;
  readonly value: number;
}

export interface CurveOptions {
  readonly svg: SVGSVGElement;
  /** Shows the last value in words. */
  readonly now: HTMLOutputElement;
  readonly title: string;
  readonly format: (value: number) => string;
  /** Ends of the value axis; left out, those of the values. */
  readonly range?: readonly [number, number];
  /** Dots on the line, for values that are few. */
  readonly dots?: boolean;
}

const WIDTH = 320;
const HEIGHT = 150;
/** Room for the labels of the axes. */
const LEFT = 40;
const BOTTOM = 20;
/** Neighbours are averaged above this; more points than pixels only cost time. */
const MOST_POINTS = 160;

/** A line that grows during training; drawn at most once a frame. */
export class Curve {
  readonly #options: CurveOptions;
  #points: Point[] = [];
  #steps = 1;
  #reference: number | undefined;
  #drawing = false;

  constructor(options: CurveOptions) {
    this.#options = options;
    options.svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    this.#draw();
  }

  get points(): readonly Point[] {
    return this.#points;
  }

  /** Begin again: with `steps` updates to come, from the points of an earlier page. */
  reset(steps: number, points: readonly Point[] = []): void {
    this.#steps = Math.max(1, steps);
    this.#points = [...points];
    this.#reference = undefined;
    this.#ask();
  }

  add(step: number, value: number): void {
    this.#points.push({ step, value });
    this.#ask();
  }

  /** A dashed line to compare with. */
  compareWith(value: number): void {
    this.#reference = value;
    this.#ask();
  }

  #ask(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => {
      this.#drawing = false;
      this.#draw();
    });
  }

  #draw(): void {
    const { svg, now, title, format, range, dots } = this.#options;
    const shown = thinned(this.#points);
    const [low, high] = range ?? endsOf(shown);
    const x = (step: number): number => LEFT + ((WIDTH - LEFT - 4) * step) / this.#steps;
    const y = (value: number): number => HEIGHT - BOTTOM - ((HEIGHT - BOTTOM - 10) * (value - low)) / (high - low);
    const parts: SVGElement[] = [];
    for (const value of [low, (low + high) / 2, high]) {
      parts.push(element("line", { x1: LEFT, x2: WIDTH, y1: y(value), y2: y(value) }));
      parts.push(element("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, format(value)));
    }
    parts.push(element("text", { x: LEFT, y: HEIGHT - 4 }, "0"));
    parts.push(element("text", { x: WIDTH - 4, y: HEIGHT - 4, "text-anchor": "end" }, `${this.#steps} updates`));
    if (this.#reference !== undefined) {
      const at = y(this.#reference);
      parts.push(element("line", { x1: LEFT, x2: WIDTH, y1: at, y2: at, class: "reference" }));
    }
    const line = shown.map(({ step, value }, i) => `${i === 0 ? "M" : "L"}${x(step).toFixed(1)} ${y(value).toFixed(1)}`);
    parts.push(element("path", { d: line.join("") }));
    if (dots) parts.push(...shown.map(({ step, value }) => element("circle", { cx: x(step), cy: y(value), r: 3 })));
    svg.replaceChildren(...parts);
    const last = this.#points.at(-1);
    now.textContent = last ? format(last.value) : "";
    svg.setAttribute(
      "aria-label",
      last ? `${title}: ${format(last.value)} after ${last.step} updates` : `${title}, no value yet`,
    );
    svg.dataset.points = String(this.#points.length);
  }
}

function thinned(points: readonly Point[]): readonly Point[] {
  const size = Math.ceil(points.length / MOST_POINTS);
  if (size <= 1) return points;
  return Array.from({ length: Math.ceil(points.length / size) }, (_, at) => {
    const group = points.slice(at * size, (at + 1) * size);
    return { step: group.at(-1)!.step, value: group.reduce((sum, { value }) => sum + value, 0) / group.length };
  });
}

function endsOf(points: readonly Point[]): [number, number] {
  const highest = points.reduce((most, { value }) => Math.max(most, value), 0);
  return [0, highest || 1];
}

function element(name: string, attributes: Readonly<Record<string, string | number>>, text = ""): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.textContent = text;
  return made;
}
