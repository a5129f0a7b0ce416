// The date range of the definition: what "overall" means in its conditions.

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { icon } from "./controls.js";
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
  if (kind === "dates") return `${day(window.from) || texts.beginning} - ${day(window.to) || texts.now}`;
  const number = window.last ?? window.full ?? window.ago?.join(` ${texts.and} `) ?? "";
  const unit = kind === "this" ? texts.unit_names[window.this] : texts.units[window.unit];
  const ago = kind === "ago" ? texts.ago : "";
  return [texts.windows[kind], number, unit, ago].filter((part) => part !== "").join(" ");
}

function day(text) {
  const match = /^(\d{4})-(\d\d)-(\d\d)(.*)$/.exec(text ?? "");
  return match ? `${Number(match[2])}/${Number(match[3])}/${match[1]}${match[4].replace("T", " ")}` : (text ?? "");
}
