/** Things to undo, the last first. */
export class Cleanup implements Disposable {
  readonly #undo: (() => void)[] = [];

  defer(undo: () => void): void {
    this.#undo.push(undo);
  }

  use(disposable: Disposable): void {
    this.defer(() => disposable[Symbol.dispose]());
  }

  [Symbol.dispose](): void {
    for (const undo of this.#undo.splice(0).reverse()) undo();
  }
}
