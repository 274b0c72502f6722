/** As much of a stream as output needs; process.stdout and process.stderr fit, and so do the fakes of tests. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}
