/**
 * Tell ONNX Runtime to report nothing. onnxruntime-node 1.30 reports to Microsoft on Linux and macOS unless it is told not to before it is
 * loaded: it keeps a device id and a queue of events below `~/.cache/Microsoft`, and sends them. `ORT_DISABLE_TELEMETRY=0` lets it.
 *
 * Native code sees the variables of the main thread alone: called there before a thread is started that computes.
 *
 * @see https://github.com/microsoft/onnxruntime/pull/27379
 */
export function keepTelemetryOff(): void {
  process.env.ORT_DISABLE_TELEMETRY ??= "1";
}
