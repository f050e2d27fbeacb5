/** The entry path of these one below the other; empty ones are the root. */
export const joinEntry = (...paths: readonly string[]): string => paths.filter((path) => path !== '').join('/');
