/** What the configuration says to the commands; checked when it was read. */
export interface CliOptions {
  readonly storage?: string | undefined;
  readonly executor?: string | undefined;
  readonly configFile?: string | undefined;
}
export const readOptions = (raw: unknown): CliOptions => (raw ?? {}) as CliOptions;
