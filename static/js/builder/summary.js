// What the definition means: the sentence, and how the count comes about step by step.

import { html, nothing, svg } from "../../vendor/lit-html/lit-html.js";
import { count, icon } from "./controls.js";

export function summary(ctx) {
  const { texts, answer } = ctx;
  return html`<div class="halves w57 summary">
    <div class="words" aria-busy=${ctx.counting ? "true" : "false"}>
      <div class="w-h">${icon("i-message-circle")}${texts.in_words}</div>
      <p>${answer?.sentence || texts.no_sentence}</p>
    </div>
    <div>
      <div class="row between summary__title">
        <h2>${texts.how_it_comes_about}</h2>
        <span class="t3 sm">${texts.log_scale}</span>
      </div>
      ${waterfall(ctx)}
    </div>
  </div>`;
}

function waterfall(ctx) {
  const { answer, texts } = ctx;
  if (!answer?.steps?.length) {
    return html`<p class="t3 sm">${ctx.failure ?? (ctx.counting ? texts.counting : texts.nothing_counted)}</p>`;
  }
  const top = Math.max(...answer.steps.map((step) => step.count ?? 0));
  return html`<ol class="wf ${ctx.counting ? "is-stale" : ""}">
    ${answer.steps.map((step, i) => stepRow(ctx, step, answer.steps, i, top))}
  </ol>`;
}

function stepRow(ctx, step, steps, i, top) {
  const { texts } = ctx;
  const isLast = steps.slice(i + 1).every((later) => later.count === null);
  // The first of ANY does not take away from everyone: it begins to collect.
  const begins = i === 1 && ctx.tree.match === "any";
  if (step.count === null) {
    return html`<li>
      <span class="ell down" title=${step.label}>${step.label}</span>${bar(0, "")}<span class="n"></span
      ><span class="d down">${texts.not_counted}</span>
    </li>`;
  }
  const before = steps.slice(0, i).findLast((earlier) => earlier.count !== null);
  const change = before && !begins ? step.count - before.count : null;
  return html`<li>
    <span class="ell" title=${step.label}>${step.label}</span>${bar(share(step.count, top), i === 0 ? "mut" : "")}<span
      class="n ${isLast ? "tot" : ""}"
      >${count(step.count)}</span
    ><span class="d">${change === null || change === 0 ? nothing : signed(change)}</span>
  </li>`;
}

const signed = (n) => `${n < 0 ? "−" : "+"}${count(Math.abs(n))}`;

/** Logarithmic, so that a hundred out of a million is still seen; zero has no bar. */
const share = (n, top) => (n <= 0 || top <= 0 ? 0 : (100 * Math.log1p(n)) / Math.log1p(top));

const bar = (percent, tone) =>
  html`<svg class="track" aria-hidden="true" preserveAspectRatio="none">
    ${svg`<rect class=${tone} x="0" y="0" height="100%" width="${percent.toFixed(2)}%" rx="2"></rect>`}
  </svg>`;
