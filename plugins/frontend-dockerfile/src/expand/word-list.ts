import { isSpace } from '../parser/text.ts';

/** Collects text into words: blanks separate them, except those that were quoted. */
export class WordList {
  readonly #words: string[] = [];
  #word = '';
  #open = false;

  /** Text whose blanks separate words. */
  add(text: string): void {
    for (const char of text) {
      if (!isSpace(char)) this.addQuoted(char);
      else if (this.#open && this.#word !== '') this.#close();
    }
  }

  /** Text that belongs to one word whatever it holds. */
  addQuoted(text: string): void {
    this.#word += text;
    this.#open = true;
  }

  finish(): readonly string[] {
    if (this.#word !== '') this.#close();
    return this.#words;
  }

  #close(): void {
    this.#words.push(this.#word);
    this.#word = '';
    this.#open = false;
  }
}
