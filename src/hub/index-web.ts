/** What `index.ts` gives everywhere, and what needs a browser. */

export * from "./index.ts";
export {
  cachedModel,
  type DownloadedFiles,
  type FoundModel,
  findModel,
  forgetModel,
  type HubPlace,
  type WebDownloadOptions,
} from "./web/model-web.ts";
