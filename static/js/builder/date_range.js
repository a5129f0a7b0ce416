// The date range of the definition: what "overall" means in its conditions.

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { fill, icon } from "./controls.js";
import { windowFields, windowKind } from "./window.js";

const PATH = ["date_range"];

export function dateRange(ctx) {
  const window = ctx.tree.date_range;
  const isOpen = ctx.open.dateRange;
  return html`<div class="daterange">
    <button
      type="button"
      class="bs daterange__button"
      id="date-range"
      aria-expanded=${isOpen ? "true" : "false"}
      aria-controls="date-range-editor"
      @click=${() => {
        ctx.open.dateRange = !isOpen;
        ctx.redraw();
      }}
    >
      <span class="vh">${ctx.texts.date_range}: </span>${rangeText(ctx, window)}${icon("k-caret")}
    </button>
    ${isOpen
      ? html`<div class="pop daterange__editor" id="date-range-editor" role="group" aria-label=${ctx.texts.date_range}
          @keydown=${(event) => close(ctx, event)}
        >
          <div class="bline">
            ${windowFields(ctx, {
              id: "range",
              path: PATH,
              window,
              without: ["after_first"],
              overallText: ctx.texts.all_history,
            })}
          </div>
          <p class="hint">${ctx.texts.date_range_hint}</p>
        </div>`
      : nothing}
  </div>`;
}

function close(ctx, event) {
  if (event.key !== "Escape") return;
  ctx.open.dateRange = false;
  ctx.focus("date-range");
}

/** "11/16/2026 - 11/23/2026", as on the original's control. */
export function rangeText(ctx, window) {
  const { texts } = ctx;
  const kind = windowKind(window);
  if (kind === "overall") return texts.all_history;
  if (kind === "dates") {
    const [start, end] = [window.from, window.to].map((text) => day(texts, text));
    return fill(texts.from_until, { start: start || texts.beginning, end: end || texts.now });
  }
  const [start = "", end = ""] = window.ago ?? [];
  const unit = kind === "this" ? texts.unit_names[window.this] : texts.units[window.unit];
  return fill(texts.ranges[kind], { n: window.last ?? window.full ?? "", start, end, unit: unit ?? "" });
}

function day(texts, text) {
  const match = /^(\d{4})-(\d\d)-(\d\d)(.*)$/.exec(text ?? "");
  if (!match) return text ?? "";
  const [, Y, m, d, rest] = match;
  const parts = { Y, m, d, n: Number(m), j: Number(d) };
  return `${texts.date_format.replace(/[Ymdnj]/g, (letter) => parts[letter])}${rest.replace("T", " ")}`;
}
