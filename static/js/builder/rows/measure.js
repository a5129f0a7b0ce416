// Users by a figure over their events: a count, a sum, how many active days.

import { html, nothing } from "../../../vendor/lit-html/lit-html.js";
import { combobox } from "../combobox.js";
import { comparisonFields, valueFor } from "../comparison.js";
import { select, unit } from "../controls.js";
import { eventPicker } from "../events.js";
import { windowFields } from "../window.js";

export const measure = {
  type: "measure",
  hasWhere: true,

  blank: (old) => ({
    type: "measure",
    function: "count",
    event: old.event,
    where: old.where,
    op: ">",
    value: 1,
    window: old.window ?? { last: 30, unit: "day" },
  }),

  fields(ctx, { id, path, node }) {
    return html`${measureFields(ctx, { id, path, node })}${comparisonFields(ctx, {
      id,
      path,
      op: node.op,
      value: node.value,
      label: ctx.texts.value,
      wide: true,
      choose: (op) => ctx.merge(path, { op, value: valueFor(ctx, op, node.value) }),
    })}${windowFields(ctx, { id, path: [...path, "window"], window: node.window })}`;
  },
};

/** Function, events and property of the measure at `path`. */
export function measureFields(ctx, { id, path, node }) {
  const wants = ctx.data.functions.find(({ key }) => key === node.function)?.property;
  return html`${select({
    id: `${id}-function`,
    label: ctx.texts.function,
    value: node.function,
    problem: ctx.problem([...path, "function"]),
    options: ctx.data.functions.map(({ key, label }) => [key, label]),
    onChange: (name) => chooseFunction(ctx, path, node, name),
  })}${wants ? html`${unit(ctx.texts.of)}${propertyPicker(ctx, { id, path, node, wants })}` : nothing}${unit(
    wants ? ctx.texts.on : ctx.texts.of,
  )}${eventPicker(ctx, { id, path, node })}`;
}

function chooseFunction(ctx, path, node, name) {
  const wants = ctx.data.functions.find(({ key }) => key === name)?.property;
  ctx.merge(path, { function: name, property: wants ? node.property : undefined });
}

function propertyPicker(ctx, { id, path, node, wants }) {
  const fitting = ctx.catalog.event_properties.filter(
    ({ type, hidden }) => !hidden && (wants === "any" || type === "number" || type === "json"),
  );
  const names = fitting.flatMap((p) => [
    ...(p.type === "json" && wants !== "any" ? [] : [p.name]),
    ...(p.json_paths ?? []).map((rest) => `${p.name}.${rest}`),
  ]);
  return combobox(ctx, {
    id: `${id}-property`,
    label: ctx.texts.property,
    problem: ctx.problem([...path, "property"]),
    placeholder: ctx.texts.choose_property,
    chips: node.property ? [{ text: node.property, icon: "i-bolt" }] : [],
    options: names.map((name) => ({ value: name, text: name, icon: "i-bolt" })),
    free: true,
    onPick: (name) => ctx.set([...path, "property"], name),
  });
}
