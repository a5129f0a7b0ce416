// What must not have happened between two neighbouring steps of a funnel.

import { html, nothing } from "../../../vendor/lit-html/lit-html.js";
import { repeat } from "../../../vendor/lit-html/directives/repeat.js";
import { addButton, fill, iconButton, select, unit } from "../controls.js";
import { eventPicker, whereButton, whereRows } from "../events.js";
import { keyOf, set } from "../tree.js";

/** spec: {path, node} of the funnel */
export const exclusionRows = (ctx, { path, node }) =>
  repeat(node.exclude ?? [], keyOf, (exclusion, i) =>
    exclusionRow(ctx, exclusion, [...path, "exclude", i], (node.steps ?? []).length),
  );

export function exclusionButton(ctx, { id, path, node }) {
  const steps = (node.steps ?? []).length;
  if (node.order === "any" || steps < 2) return nothing;
  const at = [...path, "exclude"];
  return addButton({
    id: `${id}-exclusion`,
    text: ctx.texts.add_exclusion,
    symbol: "i-ban",
    small: true,
    onClick: () => ctx.insert(at, (node.exclude ?? []).length, { between: [1, 2] }, "event"),
  });
}

function exclusionRow(ctx, exclusion, path, steps) {
  const id = keyOf(exclusion);
  const number = path.at(-1) + 1;
  const between = [...path, "between"];
  return html`<div role="group" aria-label=${fill(ctx.texts.exclusion, { number })}>
    <div class="bline">
      ${unit(ctx.texts.without)}${eventPicker(ctx, { id, path, node: exclusion })}${select({
        id: `${id}-between`,
        label: ctx.texts.between_steps,
        value: exclusion.between?.[0],
        problem: ctx.problem(between, true),
        options: Array.from({ length: Math.max(0, steps - 1) }, (_, i) => [i + 1, `${i + 1} – ${i + 2}`]),
        onChange: (first) => ctx.set(between, [Number(first), Number(first) + 1]),
      })}${whereButton(ctx, { id, path, node: exclusion })}${iconButton({
        id: `${id}-remove`,
        name: "i-x",
        label: fill(ctx.texts.remove_exclusion, { number }),
        tone: "danger",
        onClick: () => ctx.remove(path, "event"),
      })}
    </div>
    ${whereRows(ctx, { id, path, node: exclusion })}
  </div>`;
}

/**
 * After step `gone` (from 1) of the funnel `node` was removed from `tree`: exclusions that lay
 * beside it go, since their two steps are no neighbours of one another any more; later ones move up.
 */
export function withoutLostExclusions(tree, path, node, gone) {
  if (!node.exclude) return tree;
  const kept = node.exclude
    .filter(({ between: [from, to] }) => from !== gone && to !== gone)
    .map((exclusion) =>
      exclusion.between[0] > gone ? { ...exclusion, between: exclusion.between.map((step) => step - 1) } : exclusion,
    );
  return set(tree, [...path, "exclude"], kept.length > 0 ? kept : undefined);
}
