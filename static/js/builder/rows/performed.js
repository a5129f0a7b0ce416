// Users by how often they did something.

import { html, nothing } from "../../../vendor/lit-html/lit-html.js";
import { comparisonFields, valueFor } from "../comparison.js";
import { unit } from "../controls.js";
import { eventPicker } from "../events.js";
import { windowFields } from "../window.js";

// Kubit's words for "at all" and "never": a missing `times` means at least once, so an
// explicit ">= 1" stays a number on screen and never turns into a word.
const word = (node) => (node.times ? null : node.negate ? "false" : "true");

export const performed = {
  type: "performed",
  hasWhere: true,
  saysNegation: (node) => !node.times,

  blank: (old) => ({ type: "performed", event: old.event, where: old.where, window: old.window ?? { last: 30, unit: "day" } }),

  fields(ctx, { id, path, node }) {
    return html`${eventPicker(ctx, { id, path, node })}${comparisonFields(ctx, {
      id: `${id}-times`,
      path: [...path, "times"],
      op: word(node) ?? node.times.op,
      value: node.times?.value,
      label: ctx.texts.times,
      extra: [
        ["true", ctx.texts.is_true],
        ["false", ctx.texts.is_false],
      ],
      choose: (op) => ctx.merge(path, chosen(ctx, op, node)),
    })}${node.times ? unit(ctx.texts.times_unit) : nothing}${windowFields(ctx, {
      id,
      path: [...path, "window"],
      window: node.window,
    })}`;
  },
};

function chosen(ctx, op, node) {
  if (op === "true") return { times: undefined, negate: undefined };
  if (op === "false") return { times: undefined, negate: true };
  // Coming from "is false" the negation was the word's, not the person's.
  const negate = node.times ? node.negate : undefined;
  return { times: { op, value: valueFor(ctx, op, node.times?.value) }, negate };
}
