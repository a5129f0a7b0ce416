// The live count: waits for a pause in typing, drops what is out of date, tells who asked.

const PAUSE = 250;

export class LivePreview {
  #timer = null;
  #request = null;
  #sequence = 0;
  // One token per tab: the server stops this tab's older query when a newer one comes.
  #token = Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join("-");

  constructor(api, { onStart, onAnswer, onError }) {
    Object.assign(this, { api, onStart, onAnswer, onError });
  }

  /** Ask soon; `tree` is kept to place the answer's paths on the tree that was asked about. */
  ask(dataset, tree, pause = PAUSE) {
    clearTimeout(this.#timer);
    this.#request?.abort();
    this.#timer = setTimeout(() => this.#send(dataset, tree), pause);
    this.onStart();
  }

  async #send(dataset, tree) {
    const request = new AbortController();
    this.#request = request;
    this.#sequence += 1;
    const body = { dataset, definition: tree, preview_id: this.#token, sequence: this.#sequence };
    try {
      const answer = await this.api.preview(body, request.signal);
      if (!request.signal.aborted) this.onAnswer(answer, tree);
    } catch (error) {
      if (error.name === "AbortError" || request.signal.aborted) return;
      this.onError(error);
    }
  }
}
