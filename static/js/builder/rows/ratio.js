// Users by the quotient of two figures.

import { html, nothing } from "../../../vendor/lit-html/lit-html.js";
import { comparisonFields, valueFor } from "../comparison.js";
import { unit } from "../controls.js";
import { whereButton, whereRows } from "../events.js";
import { windowFields } from "../window.js";
import { measureFields } from "./measure.js";

export const ratio = {
  type: "ratio",

  blank: (old) => ({
    type: "ratio",
    numerator: { function: "count", event: old.event },
    denominator: { function: "count" },
    op: ">",
    value: 0.5,
    window: old.window ?? { last: 30, unit: "day" },
  }),

  fields: (ctx, { id, path, node }) =>
    html`${comparisonFields(ctx, {
      id,
      path,
      op: node.op,
      value: node.value,
      label: ctx.texts.value,
      wide: true,
      choose: (op) => ctx.merge(path, { op, value: valueFor(ctx, op, node.value) }),
    })}${windowFields(ctx, { id, path: [...path, "window"], window: node.window })}`,

  below: (ctx, { id, path, node }) =>
    html`<div class="steps-editor">
      ${part(ctx, `${id}-top`, [...path, "numerator"], node.numerator ?? {}, ctx.texts.numerator)}
      ${part(ctx, `${id}-bottom`, [...path, "denominator"], node.denominator ?? {}, ctx.texts.divided_by)}
    </div>`,
};

const part = (ctx, id, path, node, word) =>
  html`<div role="group" aria-label=${word}>
    <div class="bline">
      ${unit(word)}${measureFields(ctx, { id, path, node })}${whereButton(ctx, { id, path, node })}
    </div>
    ${(node.where ?? []).length > 0 ? whereRows(ctx, { id, path, node }) : nothing}
  </div>`;
