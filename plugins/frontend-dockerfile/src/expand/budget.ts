import { VarveError } from '@varve/core';

/** More than a process may have in its environment on Linux (128 KiB a variable), and little enough to hold. */
const LONGEST_WORD = 1 << 20;
const MOST_WORK = 64 << 20;
/** Deep enough for anything written by hand, shallow enough for the stack. */
const DEEPEST = 200;

/**
 * What expansion may still use, in characters written or looked at. Values can double with every line (`ENV a=$a$a`), so one budget is
 * shared by a whole build.
 */
export class ExpansionBudget {
  #left = MOST_WORK;

  /** @throws VarveError `FRONTEND_LIMIT` */
  spend(characters: number): void {
    this.#left -= characters;
    if (this.#left < 0) throw tooMuch(`the file asks for more than ${MOST_WORK} steps of work`);
  }

  refuseLong(word: string): void {
    this.refuseLength(word.length);
  }

  refuseLength(length: number): void {
    if (length > LONGEST_WORD) throw tooMuch(`expansion gives more than ${LONGEST_WORD} characters`);
  }

  refuseDeep(depth: number): void {
    if (depth > DEEPEST) throw tooMuch(`variables are nested more than ${DEEPEST} deep`);
  }
}

const tooMuch = (message: string): VarveError => new VarveError('FRONTEND_LIMIT', message, { hint: 'Pass long values as a file' });
