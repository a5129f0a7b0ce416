// Users by whether they came back.

import { html, nothing } from "../../../vendor/lit-html/lit-html.js";
import { numberInput, select, unit } from "../controls.js";
import { eventPicker, whereButton, whereRows } from "../events.js";
import { unitSelect } from "../values.js";
import { windowFields } from "../window.js";

const PLAIN = ["returned", "not_retained"];

export const retention = {
  type: "retention",

  blank: (old) => ({
    type: "retention",
    start: old.event ? { event: old.event } : {},
    return: { event: "*" },
    unit: "week",
    outcome: "returned",
    window: old.window ?? { last: 60, unit: "day" },
  }),

  fields(ctx, { id, path, node }) {
    const [kind, value] = typeof node.outcome === "object" ? Object.entries(node.outcome)[0] : [node.outcome];
    const at = [...path, "outcome"];
    return html`${select({
      id: `${id}-outcome`,
      label: ctx.texts.outcome,
      value: kind,
      problem: ctx.problem(at),
      options: Object.entries(ctx.texts.retention_outcomes),
      onChange: (name) => ctx.set(at, blankOutcome(name, value)),
    })}${PLAIN.includes(kind) ? unit(ctx.texts.counted_in) : unitNumbers(ctx, { id, at, kind, value })}${unitSelect(ctx, {
      id,
      path,
      period: node,
      units: ctx.data.retention_units,
      plural: PLAIN.includes(kind),
    })}${windowFields(ctx, { id, path: [...path, "window"], window: node.window })}`;
  },

  below: (ctx, { id, path, node }) =>
    html`<div class="steps-editor">
      ${side(ctx, `${id}-start`, [...path, "start"], node.start ?? {}, ctx.texts.start_event)}
      ${side(ctx, `${id}-return`, [...path, "return"], node.return ?? {}, ctx.texts.return_event)}
    </div>`,
};

function blankOutcome(name, old) {
  if (PLAIN.includes(name)) return name;
  const first = Array.isArray(old) ? old[0] : (old ?? 1);
  return { [name]: name === "retained_between" ? [first, Math.max(first, 4)] : first };
}

function unitNumbers(ctx, { id, at, kind, value }) {
  const one = (path, n, name, label) =>
    numberInput({
      id: `${id}-${name}`,
      label,
      value: n,
      problem: ctx.problem(path),
      onInput: (next) => ctx.set(path, next, true),
    });
  if (kind !== "retained_between") return one([...at, kind], value, "n", ctx.texts.number);
  return html`${one([...at, kind, 0], value[0], "low", ctx.texts.from)}${unit(ctx.texts.pair)}${one(
    [...at, kind, 1],
    value[1],
    "high",
    ctx.texts.to,
  )}`;
}

const side = (ctx, id, path, node, word) =>
  html`<div role="group" aria-label=${word}>
    <div class="bline">
      ${unit(word)}${eventPicker(ctx, { id, path, node })}${whereButton(ctx, { id, path, node })}
    </div>
    ${(node.where ?? []).length > 0 ? whereRows(ctx, { id, path, node }) : nothing}
  </div>`;
