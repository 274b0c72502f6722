import { webEnvironment } from "../../runs/index-web.ts";
import type { FromWorker, ToWorker } from "./messages.ts";
import { trainingSession } from "./session.ts";

/** A worker's own scope; TypeScript's library for pages has none. */
const scope = self as unknown as {
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
  onmessage: (event: MessageEvent<ToWorker>) => void;
};

const receive = trainingSession(webEnvironment, (message, transfer) => scope.postMessage(message, transfer));
scope.onmessage = ({ data }) => void receive(data);
