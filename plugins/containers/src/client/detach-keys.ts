import { usageError } from '@varve/core/command';

/** Docker's: neither is of use to most programs. */
export const DEFAULT_DETACH_KEYS = 'ctrl-p,ctrl-q';

/** `ctrl-a,x` → the bytes a terminal sends. An empty text: there are none. @throws VarveError `USAGE` */
export function parseDetachKeys(text: string): Buffer {
  if (text === '') return Buffer.alloc(0);
  return Buffer.from(
    text.split(',').map((key) => {
      const [, control] = /^ctrl-([a-z@[\\\]^_])$/i.exec(key) ?? [];
      if (control !== undefined) return control.toUpperCase().charCodeAt(0) & 0x1f;
      if (key.length === 1) return key.charCodeAt(0);
      throw usageError(`--detach-keys expects keys like ctrl-p,ctrl-q, found ${JSON.stringify(text)}`);
    }),
  );
}

/** Looks for the keys in what is typed. A beginning of them is held back until it is known what follows. */
export class DetachKeys {
  readonly #keys: Buffer;
  #matched = 0;

  constructor(keys: Buffer) {
    this.#keys = keys;
  }

  take(chunk: Uint8Array): { readonly pass: Buffer; readonly isDetached: boolean } {
    const pass: number[] = [];
    for (const byte of chunk) {
      if (this.#keys.length > 0 && byte === this.#keys[this.#matched]) {
        this.#matched++;
        if (this.#matched === this.#keys.length) return { pass: Buffer.from(pass), isDetached: true };
        continue;
      }
      pass.push(...this.#keys.subarray(0, this.#matched));
      this.#matched = byte === this.#keys[0] ? 1 : 0;
      if (this.#matched === 0) pass.push(byte);
    }
    return { pass: Buffer.from(pass), isDetached: false };
  }
}
