// The live count: waits for a pause in typing, drops what is out of date, tells who asked.

import { toWire } from "./wire.js";

const PAUSE = 250;
// A count that is there by then needs no estimate before it.
const PATIENCE = 200;

export class LivePreview {
  #timer = null;
  #late = null;
  #request = null;
  #sequence = 0;
  // One token per tab: the server stops this tab's older query when a newer one comes.
  #token = Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join("-");

  constructor(api, { onStart, onEstimate, onAnswer, onError }) {
    Object.assign(this, { api, onStart, onEstimate, onAnswer, onError });
  }

  /**
   * Ask soon. `slug` is the cohort being edited, which may not refer to itself; `tree` is kept
   * to place the answer's paths on the tree that was asked about.
   */
  ask({ dataset, slug, tree }, pause = PAUSE) {
    clearTimeout(this.#timer);
    clearTimeout(this.#late);
    this.#request?.abort();
    this.#timer = setTimeout(() => this.#send(dataset, slug, tree), pause);
    this.onStart();
  }

  async #send(dataset, slug, tree) {
    const request = new AbortController();
    this.#request = request;
    this.#sequence += 1;
    const body = { dataset, slug, definition: toWire(tree), preview_id: this.#token, sequence: this.#sequence };
    const late = setTimeout(() => this.#estimate(body, request), PATIENCE);
    this.#late = late;
    try {
      const answer = await this.api.preview(body, request.signal);
      if (!request.signal.aborted) this.onAnswer(answer, tree);
    } catch (error) {
      if (error.name === "AbortError" || request.signal.aborted) return;
      this.onError(error);
    } finally {
      clearTimeout(late);
    }
  }

  /** Shown until the exact count is there; without it nothing is lost. */
  async #estimate(body, request) {
    try {
      const { estimate } = await this.api.preview({ ...body, estimate: true }, request.signal);
      const isCurrent = this.#request === request && !request.signal.aborted;
      if (estimate && isCurrent) this.onEstimate(estimate);
    } catch {
      // The exact count says what is wrong.
    }
  }
}
