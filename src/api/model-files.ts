/** The files of a model folder by name: config.json, model.safetensors, tokenizer.json, and what else there is. */
export type ModelFiles = ReadonlyMap<string, Blob | Uint8Array>;

/** The bytes of a file that was picked, fetched or read before. */
export const bytesOf = async (content: Blob | Uint8Array): Promise<Uint8Array> =>
  content instanceof Uint8Array ? content : new Uint8Array(await content.arrayBuffer());

/** The bytes of all files, read one after another. */
export async function bytesOfAll(files: ModelFiles): Promise<Map<string, Uint8Array>> {
  const read = new Map<string, Uint8Array>();
  for (const [name, content] of files) read.set(name, await bytesOf(content));
  return read;
}
