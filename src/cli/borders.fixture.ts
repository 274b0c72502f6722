/** Where text of others leaves the command, for those who try what comes through. */
export { columns, createOutput, cut } from "./output.ts";
export { spreadsheetRow } from "./verbs/error-tables.ts";
