import { type Found, KINDS, type Kind, type WalkLimits, walk } from "./find.ts";

/** What a list shows. */
export interface ListQuery {
  /** Words that a path must have, in any order; case does not matter. */
  readonly text: string;
  /** Default all. */
  readonly kind?: Kind;
  /** Only those whose folder is locked. */
  readonly locked?: boolean;
  /** From 0. */
  readonly page: number;
}

export interface ListPage {
  readonly rows: readonly Found[];
  /** That fit the query, on all pages. */
  readonly total: number;
  readonly page: number;
  readonly pages: number;
}

export const ROWS_PER_PAGE = 50;

/** Numbers up to the last page; a page that is not there is the last one. */
export function pageOf(all: readonly Found[], { text, kind, locked, page }: ListQuery): ListPage {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = ({ path, ...found }: Found): boolean =>
    (kind === undefined || found.kind === kind) &&
    (!locked || found.locked) &&
    words.every((word) => path.toLowerCase().includes(word));
  const fitting = all.filter(fits);
  const pages = Math.max(1, Math.ceil(fitting.length / ROWS_PER_PAGE));
  const shown = Math.min(Math.max(0, page), pages - 1);
  const rows = fitting.slice(shown * ROWS_PER_PAGE, (shown + 1) * ROWS_PER_PAGE);
  return { rows, total: fitting.length, page: shown, pages };
}

/** The latest first; of one time, by path. */
export const byTime = (a: Found, b: Found): number => b.changedMs - a.changedMs || (a.path < b.path ? -1 : 1);

/** All that is below a folder, in memory. */
export interface RunIndex {
  /** What is known now, the latest first. */
  all(): readonly Found[];
  /** Whether the first look goes on, how many folders it has seen, and whether a limit ended the last one. */
  readonly state: { readonly looking: boolean; readonly folders: number; readonly whole: boolean };
  /** Looks again where the last look is old; settles after the look that goes on, or after that time. */
  ready(withinMs: number): Promise<void>;
}

/** A folder that takes long to look through is looked through less often. */
const [OLD_MS, REST_FACTOR] = [500, 10];

/** Looks through a folder, at once and whenever someone asks for what is old by then. */
export function createIndex(folder: string, limits?: WalkLimits): RunIndex {
  let known: readonly Found[] = [];
  let [looking, first, folders, whole] = [false, true, 0, true];
  let [ended, tookMs] = [0, 0];
  const look = async (): Promise<void> => {
    looking = true;
    const start = performance.now();
    const found: Found[] = [];
    const onFolder = (count: number): void => {
      folders = count;
      if (first) known = found;
    };
    whole = await walk(folder, (each) => found.push(each), { limits, onFolder });
    known = found.sort(byTime);
    first = looking = false;
    ended = performance.now();
    tookMs = ended - start;
  };
  let last = look();
  return {
    all: () => (first ? [...known].sort(byTime) : known),
    get state() {
      return { looking: first, folders, whole };
    },
    async ready(withinMs) {
      if (!looking && performance.now() - ended > Math.max(OLD_MS, REST_FACTOR * tookMs)) last = look();
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, withinMs);
      await Promise.race([last, late.promise]);
      clearTimeout(timer);
    },
  };
}

/** A kind as it stands in an address. */
export const kindIn = (text: string | undefined): Kind | undefined => KINDS.find((kind) => kind === text);
