// Conditions joined by ALL or ANY: the definition itself, and groups inside it.

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { repeat } from "../../vendor/lit-html/directives/repeat.js";
import { conditionRow, countOf, negateButton, rowButtons } from "./condition.js";
import { addButton, fill, segment, unit } from "./controls.js";
import { grip } from "./moving.js";
import { problemList } from "./problems.js";
import { depthOf, isGroup, keyOf } from "./tree.js";

const matchSegment = (ctx, { id, path, node, label }) =>
  segment({
    id: `${id}-match`,
    label,
    value: node.match,
    options: [
      ["all", ctx.texts.all],
      ["any", ctx.texts.any],
    ],
    onChange: (match) => ctx.set([...path, "match"], match),
  });

/** The definition's own conditions. */
export function definitionBody(ctx) {
  const { tree, texts } = ctx;
  return html`<div class="row match">
      ${matchSegment(ctx, { id: "root", path: [], node: tree, label: texts.match })}${unit(
        tree.match === "any" ? texts.any_must_hold : texts.all_must_hold,
      )}
    </div>
    ${conditionList(ctx, tree, [], "")} ${addButtons(ctx, tree, [], "root")}`;
}

function conditionList(ctx, group, path, prefix) {
  const joined = group.match === "any" ? ctx.texts.or_join : ctx.texts.and_join;
  const inAny = group.match === "any" && path.length > 0;
  return repeat(group.conditions, keyOf, (node, i) => {
    const spec = { node, path: [...path, "conditions", i], number: `${prefix}${i + 1}`, inAny };
    return html`${i > 0 ? html`<div class="join">${joined}</div>` : nothing}${isGroup(node)
      ? groupBox(ctx, spec)
      : conditionRow(ctx, spec)}`;
  });
}

function groupBox(ctx, { node, path, number, inAny }) {
  const id = keyOf(node);
  const { texts } = ctx;
  const state = ctx.stateOf(id);
  return html`<div
    class="groupbox ${state.errors ? "bad" : ""}"
    id=${id}
    role="group"
    aria-label=${fill(texts.group, { number })}
  >
    <div class="cond__head">
      ${grip(ctx, { id, path, node, number })}
      <div class="row match">
        ${node.negate ? html`<span class="negation">${texts.not}</span>` : nothing}
        ${matchSegment(ctx, { id, path, node, label: texts.match_in_group })}${unit(texts.of_this_group)}
      </div>
      <div class="tail">
        ${countOf(ctx, id, inAny)}${negateButton(ctx, { id, path, node })}${rowButtons(
          ctx,
          { id, path },
          texts.duplicate_group,
          texts.remove_group,
        )}
      </div>
    </div>
    ${conditionList(ctx, node, path, `${number}.`)} ${problemList(ctx, id)} ${addButtons(ctx, node, path, id)}
  </div>`;
}

function addButtons(ctx, group, path, id) {
  const inner = [...path, "conditions"];
  const at = group.conditions.length;
  const mayNest = depthOf([...inner, at]) < ctx.data.max_depth;
  return html`<div class="row adds">
    ${addButton({ id: `${id}-add`, text: ctx.texts.add_condition, onClick: () => ctx.addCondition(inner, at) })}
    ${mayNest
      ? addButton({
          id: `${id}-add-group`,
          text: ctx.texts.add_group,
          symbol: "i-folder-plus",
          onClick: () => ctx.addGroup(inner, at),
        })
      : nothing}
  </div>`;
}
