const CODES = { red: 31, yellow: 33, blue: 34, dim: 2 } as const;
export type Paint = (colour: keyof typeof CODES, text: string) => string;

/** Colours, or none where the user asked for none (`NO_COLOR`, see no-color.org). */
export const painter = (env: NodeJS.ProcessEnv): Paint =>
  env.NO_COLOR ? (_, text) => text : (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m`;
