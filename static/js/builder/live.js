// The live count: waits for a pause in typing, drops what is out of date, tells who asked.

import { toWire } from "./wire.js";

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

  /**
   * Ask soon. `slug` is the cohort being edited, which may not refer to itself; `tree` is kept
   * to place the answer's paths on the tree that was asked about.
   */
  ask({ dataset, slug, tree }, pause = PAUSE) {
    clearTimeout(this.#timer);
    this.#request?.abort();
    this.#timer = setTimeout(() => this.#send(dataset, slug, tree), pause);
    this.onStart();
  }

  async #send(dataset, slug, tree) {
    const request = new AbortController();
    this.#request = request;
    this.#sequence += 1;
    const body = { dataset, slug, definition: toWire(tree), preview_id: this.#token, sequence: this.#sequence };
    try {
      const answer = await this.api.preview(body, request.signal);
      if (!request.signal.aborted) this.onAnswer(answer, tree);
    } catch (error) {
      if (error.name === "AbortError" || request.signal.aborted) return;
      this.onError(error);
    }
  }
}
