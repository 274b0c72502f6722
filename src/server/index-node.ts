/** What `crisp serve` and other local servers share: who may ask, limits, errors and a clean stop. Needs Node. */

export { type SendEvent, sendEvents } from "./events-node.ts";
export { type ErrorBody, errorBody, HttpError, statusOf } from "./http-error.ts";
export { readJson } from "./read-json.ts";
export { type AnsweredRequest, type App, type Server, type ServerSettings, startServer } from "./server-node.ts";
