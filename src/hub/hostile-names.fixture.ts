/** What turns names from outside into paths, for the fuzz run over such names. */
export { linkBlob, repositoryCache } from "./cache-layout-node.ts";
export { checkedRevision, isUnsafePath, repository } from "./repository.ts";
