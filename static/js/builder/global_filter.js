// The filter on everything: event filters narrow every event condition, user filters the population.

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { findOperator } from "./catalog.js";
import { addButton, fill, icon, iconButton } from "./controls.js";
import { blankFilter, filterRows } from "./filters.js";
import { keyOf } from "./tree.js";

const PATH = ["global_filter"];
const SPEC = { path: PATH, scopes: ["event", "user"], defaultScope: "user", scopeRequired: true, events: [] };

export function globalFilter(ctx) {
  const filters = ctx.tree.global_filter ?? [];
  const { texts } = ctx;
  return html`<div class="gfilter">
      <span class="t2">${texts.global_filter}</span>
      ${iconButton({
        id: "global-filter",
        name: filters.length > 0 ? "f-filter" : "i-filter",
        label: fill(texts.global_filter_count, { count: filters.length }),
        tone: "md",
        expanded: ctx.open.globalFilter ? "true" : "false",
        badge: filters.length || undefined,
        onClick: () => toggle(ctx, filters),
      })}
      ${iconButton({
        id: "global-range",
        name: "i-history",
        label: texts.set_date_range,
        tone: "md",
        onClick: () => {
          ctx.open.dateRange = true;
          ctx.focus("date-range-editor");
        },
      })}
      ${ctx.open.globalFilter ? nothing : filters.map((filter, i) => summaryChip(ctx, filter, i))}
    </div>
    ${ctx.open.globalFilter ? editor(ctx, filters) : nothing}`;
}

function toggle(ctx, filters) {
  ctx.open.globalFilter = !ctx.open.globalFilter;
  if (ctx.open.globalFilter && filters.length === 0) ctx.insert(PATH, 0, blankFilter(SPEC));
  else ctx.redraw();
}

function editor(ctx, filters) {
  return html`<div class="gfilter__editor">
    ${filterRows(ctx, { ...SPEC, filters })}
    ${addButton({
      id: "global-filter-add",
      text: ctx.texts.add_filter,
      small: true,
      onClick: () => ctx.insert(PATH, filters.length, blankFilter(SPEC)),
    })}
  </div>`;
}

const summaryChip = (ctx, filter, i) => {
  const text = words(ctx, filter);
  return html`<span class="chip soft"
    ><span class="chip__text">${text}</span
    ><button
      type="button"
      id="${keyOf(filter)}-chip"
      aria-label=${fill(ctx.texts.remove_named, { name: text })}
      @click=${() => ctx.remove([...PATH, i])}
    >
      ${icon("i-x")}
    </button></span
  >`;
};

/** "country ≠ TEST", short; the sentence below the editor says it in full. */
function words(ctx, filter) {
  if (filter.any) return filter.any.map((part) => words(ctx, part)).join(` ${ctx.texts.or} `);
  if (!filter.property) return ctx.texts.unfinished;
  const operator = findOperator(ctx.data.operators, filter.op);
  return [filter.property, operator?.label ?? filter.op, valueWords(ctx, filter.value)].filter(Boolean).join(" ");
}

function valueWords(ctx, value) {
  if (value === undefined || value === null) return "";
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value !== "object") return String(value);
  return value.property ?? `${value.n} ${ctx.texts.units[value.unit] ?? value.unit}`;
}
