import { expectedGot } from "../errors/index.ts";

/**
 * A package that an installation may lack.
 *
 * @param name - With its version, as npm installs it, e.g. `pg@8.23.1`.
 * @param needs - What needs it, e.g. `a study in a database`, and the code of its error.
 * @throws `needs.code`.
 */
export async function optionalPackage<T>(
  name: string,
  load: () => Promise<T>,
  needs: { readonly what: string; readonly code: string },
): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    const rule = `the package ${name.slice(0, name.lastIndexOf("@"))}`;
    throw expectedGot(needs.code, needs.what, rule, "none", `Install it: npm install ${name}`);
  }
}
