/** What `index.ts` gives everywhere, and what needs a browser. */

export { webEnvironment } from "./environment/environment-web.ts";
export * from "./index.ts";
