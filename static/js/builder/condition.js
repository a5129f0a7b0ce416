// One row: what all condition types have in common around the fields of each.

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { count, fill, icon, iconButton, select } from "./controls.js";
import { grip } from "./moving.js";
import { whereButton, whereRows } from "./events.js";
import { problemList } from "./problems.js";
import { offeredTypes, rowFor } from "./rows/index.js";
import { keyOf, replace } from "./tree.js";

/** spec: {node, path, number: "2" or "3.1" as a person counts, inAny} */
export function conditionRow(ctx, { node, path, number, inAny }) {
  const id = keyOf(node);
  const row = rowFor(node.type);
  const spec = { id, path, node };
  const state = ctx.stateOf(id);
  const negation = !row.saysNegation?.(node);
  return html`<div
    class="cond ${state.errors ? "bad" : ""}"
    id=${id}
    role="group"
    aria-label=${fill(state.errors ? ctx.texts.condition_bad : ctx.texts.condition, { number })}
  >
    <div class="cond__head">
      ${grip(ctx, { ...spec, number })}
      <div class="bline">
        ${typeSelect(ctx, spec)}${negation && node.negate ? html`<span class="negation">${ctx.texts.not}</span>` : nothing}
        ${row.fields(ctx, spec)}
      </div>
      <div class="tail">
        ${countOf(ctx, id, inAny)}
        ${row.hasWhere ? whereButton(ctx, spec) : nothing}
        ${negation
          ? negateButton(ctx, spec)
          : html`<span class="ib ib--gap" aria-hidden="true"></span>`}
        ${rowButtons(ctx, spec, ctx.texts.duplicate_condition, ctx.texts.remove_condition)}
      </div>
    </div>
    ${row.hasWhere ? whereRows(ctx, spec) : nothing} ${row.below?.(ctx, spec) ?? nothing}
    ${problemList(ctx, id)}
    <button
      type="button"
      class="plus"
      id="${id}-plus"
      aria-label=${fill(ctx.texts.add_after, { number })}
      @click=${() => ctx.addCondition(path.slice(0, -1), path.at(-1) + 1)}
    >
      ${icon("i-plus")}
    </button>
  </div>`;
}

function typeSelect(ctx, { id, path, node }) {
  const types = offeredTypes(ctx.data.condition_types);
  return select({
    id: `${id}-type`,
    label: ctx.texts.condition_type,
    value: node.type,
    problem: ctx.problem([...path, "type"]),
    options: types.map((type) => [type, ctx.texts.types[type] ?? type]),
    onChange: (type) => ctx.change(replace(ctx.tree, path, compact(rowFor(type).blank(node)))),
  });
}

/** Without the keys that hold nothing. */
export const compact = (node) =>
  Object.fromEntries(Object.entries(node).filter(([, value]) => value !== undefined));

export const negateButton = (ctx, { id, path, node }) =>
  iconButton({
    id: `${id}-not`,
    name: "i-ban",
    label: ctx.texts.negate,
    pressed: node.negate ? "true" : "false",
    tone: node.negate ? "is-on" : "",
    onClick: () => ctx.set([...path, "negate"], node.negate ? undefined : true),
  });

export const rowButtons = (ctx, { id, path }, duplicateText, removeText) =>
  html`${iconButton({
    id: `${id}-copy`,
    name: "i-copy",
    label: duplicateText,
    onClick: () => ctx.duplicate(path),
  })}${iconButton({
    id: `${id}-remove`,
    name: "i-trash",
    label: removeText,
    tone: "danger tip-l",
    onClick: () => ctx.removeCondition(path),
  })}`;

/** The number keeps its place while it is counted anew, so nothing jumps. */
export function countOf(ctx, id, inAny) {
  const state = ctx.stateOf(id);
  const stale = ctx.counting ? "is-stale" : "";
  if (state.count === undefined) {
    const word = ctx.counting ? ctx.texts.counting : ctx.texts.not_counted;
    return html`<span class="cnt ${stale}">${word}</span>`;
  }
  return html`<span class="cnt ${stale}"
    ><b>${count(state.count)}</b> ${inAny ? ctx.texts.in_group : ctx.texts.users}</span
  >`;
}
