// Undo and redo: whole trees, because trees share what did not change.

const LIMIT = 200;

export class History {
  #past = [];
  #future = [];
  #lastSpot = null;

  constructor(tree) {
    this.tree = tree;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /** Typing at one spot is one step: the same `spot` twice in a row adds none. */
  push(tree, spot = null) {
    if (tree === this.tree) return;
    if (spot === null || spot !== this.#lastSpot) {
      this.#past.push(this.tree);
      if (this.#past.length > LIMIT) this.#past.shift();
    }
    this.#future = [];
    this.#lastSpot = spot;
    this.tree = tree;
  }

  undo() {
    if (this.canUndo) this.#move(this.#past, this.#future);
  }

  redo() {
    if (this.canRedo) this.#move(this.#future, this.#past);
  }

  #move(from, to) {
    to.push(this.tree);
    this.tree = from.pop();
    this.#lastSpot = null;
  }
}
