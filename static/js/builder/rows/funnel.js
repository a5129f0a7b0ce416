// Users by how far they came through a chain of steps.

import { html, nothing } from "../../../vendor/lit-html/lit-html.js";
import { repeat } from "../../../vendor/lit-html/directives/repeat.js";
import { addButton, fill, iconButton, select, unit } from "../controls.js";
import { exclusionButton, exclusionRows, withoutLostExclusions } from "./funnel_exclusions.js";
import { eventPicker, whereButton, whereRows } from "../events.js";
import { keyOf } from "../tree.js";
import { periodFields } from "../values.js";
import { windowFields } from "../window.js";

const MOST_STEPS = 10;
// The smallest step an outcome can name; "converted" names none.
const FIRST_STEP = { converted_on: 1, dropped_at: 2, dropped_before: 3 };

export const funnel = {
  type: "funnel",

  blank: (old) => ({
    type: "funnel",
    steps: [old.event ? { event: old.event } : {}, {}],
    within: { n: 7, unit: "day" },
    window: old.window ?? { last: 30, unit: "day" },
  }),

  fields(ctx, spec) {
    const { id, path, node } = spec;
    return html`${outcomeFields(ctx, spec)}${orderSelect(ctx, spec)}${withinFields(ctx, spec)}${windowFields(ctx, {
      id,
      path: [...path, "window"],
      window: node.window,
    })}`;
  },

  below(ctx, { id, path, node }) {
    const steps = node.steps ?? [];
    const at = [...path, "steps"];
    return html`<div class="steps-editor" role="group" aria-label=${ctx.texts.steps}>
      ${repeat(steps, keyOf, (step, i) => stepRow(ctx, step, [...at, i], steps.length))}
      ${exclusionRows(ctx, { path, node })}
      <div class="row">
        ${steps.length < MOST_STEPS
          ? addButton({
              id: `${id}-step`,
              text: ctx.texts.add_step,
              small: true,
              onClick: () => ctx.insert(at, steps.length, {}, "event"),
            })
          : nothing}
        ${exclusionButton(ctx, { id, path, node })}
      </div>
    </div>`;
  },
};

function stepRow(ctx, step, path, length) {
  const id = keyOf(step);
  const number = path.at(-1) + 1;
  return html`<div role="group" aria-label=${fill(ctx.texts.step, { number })}>
    <div class="bline">
      ${unit(`${number}.`)}${eventPicker(ctx, { id, path, node: step })}${whereButton(ctx, { id, path, node: step })}
      ${length > 2
        ? iconButton({
            id: `${id}-remove`,
            name: "i-x",
            label: fill(ctx.texts.remove_step, { number }),
            tone: "danger",
            onClick: () => removeStep(ctx, path),
          })
        : nothing}
    </div>
    ${whereRows(ctx, { id, path, node: step })}
  </div>`;
}

function removeStep(ctx, path) {
  const funnelPath = path.slice(0, -2);
  const node = ctx.at(funnelPath);
  ctx.remove(path, "event", (tree) => withoutLostExclusions(tree, funnelPath, node, path.at(-1) + 1));
}

/** [kind, step number or undefined] of "converted" or {"dropped_at": 2}. */
const readOutcome = (outcome = "converted") =>
  typeof outcome === "string" ? [outcome] : Object.entries(outcome)[0];

function outcomeFields(ctx, { id, path, node }) {
  const [kind, step] = readOutcome(node.outcome);
  const at = [...path, "outcome"];
  const length = node.steps?.length ?? 0;
  const first = FIRST_STEP[kind];
  return html`${select({
    id: `${id}-outcome`,
    label: ctx.texts.outcome,
    value: kind,
    problem: ctx.problem(at, true),
    options: Object.entries(ctx.texts.funnel_outcomes).filter(([name]) => name === "converted" || node.order !== "any"),
    onChange: (name) =>
      ctx.set(at, name === "converted" ? undefined : { [name]: Math.max(FIRST_STEP[name], Math.min(step ?? length, length)) }),
  })}${first === undefined
    ? nothing
    : select({
        id: `${id}-outcome-step`,
        label: fill(ctx.texts.step, { number: "" }).trim(),
        value: step,
        options: Array.from({ length: Math.max(0, length - first + 1) }, (_, i) => [first + i, String(first + i)]),
        onChange: (number) => ctx.set(at, { [kind]: Number(number) }),
      })}`;
}

const orderSelect = (ctx, { id, path, node }) =>
  select({
    id: `${id}-order`,
    label: ctx.texts.order,
    value: node.order ?? "sequence",
    problem: ctx.problem([...path, "order"]),
    options: Object.entries(ctx.texts.funnel_orders),
    onChange: (order) =>
      ctx.merge(path, {
        order: order === "sequence" ? undefined : order,
        outcome: order === "any" ? undefined : node.outcome,
        exclude: order === "any" ? undefined : node.exclude,
      }),
  });

const withinFields = (ctx, { id, path, node }) =>
  html`${select({
    id: `${id}-within`,
    label: ctx.texts.time_limit,
    value: node.within ? "within" : "any",
    options: [
      ["within", ctx.texts.within],
      ["any", ctx.texts.any_time],
    ],
    onChange: (value) => ctx.set([...path, "within"], value === "within" ? { n: 7, unit: "day" } : undefined),
  })}${node.within
    ? periodFields(ctx, {
        id: `${id}-in`,
        path: [...path, "within"],
        key: "n",
        period: node.within,
        units: ctx.data.fixed_units,
      })
    : nothing}`;
