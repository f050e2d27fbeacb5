/** A build file. */
export const lines = (...all: readonly string[]): string => `${all.join('\n')}\n`;
