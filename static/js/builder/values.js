// The value side of a filter: what is asked for depends on the type and on the operator's arity.

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { combobox } from "./combobox.js";
import { dateInput, numberInput, readNumber, select, unit } from "./controls.js";

/** spec: {id, path, filter, type, arity, scope, events, propertyPicker} */
export function valueFields(ctx, spec) {
  const { filter, arity } = spec;
  if (arity === "none") return nothing;
  if (filter.value !== null && typeof filter.value === "object" && filter.value.property !== undefined) {
    return spec.propertyPicker();
  }
  if (arity === "list") return chips(ctx, spec);
  if (arity === "pair") return range(ctx, spec);
  if (arity === "span") return period(ctx, spec);
  return one(ctx, spec, [...spec.path, "value"], filter.value, "value", ctx.texts.value);
}

function one(ctx, spec, path, value, name, label) {
  const common = {
    id: `${spec.id}-${name}`,
    label,
    value,
    problem: ctx.problem(path),
    onInput: (next) => ctx.set(path, next ?? undefined, true),
  };
  // A list must keep its places while one of them is empty.
  if (typeof path.at(-1) === "number") common.onInput = (next) => ctx.set(path, next, true);
  if (spec.type === "number") return numberInput({ ...common, wide: true });
  if (spec.type === "time") return dateInput(common);
  if (spec.type === "boolean") return yesNo(ctx, common);
  return combobox(ctx, {
    id: common.id,
    label,
    problem: common.problem,
    options: [],
    source: source(ctx, spec),
    text: value === undefined || value === null ? "" : String(value),
    placeholder: ctx.texts.value,
    onText: common.onInput,
    onPick: common.onInput,
  });
}

const yesNo = (ctx, { id, label, value, problem, onInput }) =>
  select({
    id,
    label,
    problem,
    value: value === undefined ? "" : String(value),
    options: [
      ["true", ctx.texts.true],
      ["false", ctx.texts.false],
    ],
    onChange: (text) => onInput(text === "true"),
  });

function chips(ctx, spec) {
  const values = Array.isArray(spec.filter.value) ? spec.filter.value : [];
  const path = [...spec.path, "value"];
  const read = (text) => (spec.type === "number" ? (readNumber(text) ?? text) : text);
  return combobox(ctx, {
    id: `${spec.id}-value`,
    label: ctx.texts.values,
    problem: ctx.problem(path),
    placeholder: ctx.texts.add_value,
    chips: values.map((value) => ({ text: String(value) })),
    options: [],
    source: source(ctx, spec),
    free: "first",
    onPick: (text) => {
      const value = read(text);
      if (!values.includes(value)) ctx.set(path, [...values, value]);
    },
    onRemove: (i) => ctx.set(path, values.filter((_, at) => at !== i)),
  });
}

function range(ctx, spec) {
  const [low, high] = Array.isArray(spec.filter.value) ? spec.filter.value : [null, null];
  const path = [...spec.path, "value"];
  return html`${one(ctx, spec, [...path, 0], low, "low", ctx.texts.from)}${unit(ctx.texts.pair)}${one(
    ctx,
    spec,
    [...path, 1],
    high,
    "high",
    ctx.texts.to,
  )}`;
}

function period(ctx, spec) {
  const path = [...spec.path, "value"];
  return periodFields(ctx, { id: `${spec.id}-value`, path, key: "n", period: spec.filter.value ?? {} });
}

/** A number of units: `{"n": 7, "unit": "day"}`, or with another key than `n`. */
export function periodFields(ctx, { id, path, key, period, units = ctx.data.units, label = ctx.texts.number, withoutUnit = false }) {
  const at = [...path, ...[].concat(key)];
  return html`<span class="period">${combobox(ctx, {
    id: `${id}-n`,
    label,
    numeric: true,
    problem: ctx.problem(at),
    text: textOf([].concat(key).reduce((value, k) => value?.[k], period)),
    options: ctx.data.usual_numbers.map((n) => ({ value: n, text: String(n) })),
    onText: (text) => ctx.set(at, readNumber(text), true),
    onPick: (n) => ctx.set(at, n),
  })}${withoutUnit ? nothing : unitSelect(ctx, { id, path, period, units })}</span>`;
}

export const unitSelect = (ctx, { id, path, period, units = ctx.data.units, plural = true }) =>
  select({
    id: `${id}-unit`,
    label: ctx.texts.unit,
    value: period.unit,
    quiet: true,
    problem: ctx.problem([...path, "unit"]),
    options: units.map((name) => [name, ctx.texts[plural ? "units" : "unit_names"][name]]),
    onChange: (name) => ctx.set([...path, "unit"], name),
  });

const textOf = (value) => (value === undefined || value === null ? "" : String(value));

const source = (ctx, { scope, filter, events }) => (query, signal) =>
  ctx.suggest({ scope, property: filter.property ?? "", events, q: query }, signal);

/** The value to begin with when a filter changes its operator or its property. */
export function blankValue(arity, type, old) {
  if (arity === "none") return undefined;
  if (arity === "list") return Array.isArray(old) ? old : old === undefined || old === null || typeof old === "object" ? [] : [old];
  if (arity === "pair") return Array.isArray(old) && old.length === 2 ? old : [null, null];
  if (arity === "span") return old?.unit ? old : { n: 7, unit: "day" };
  if (type === "boolean") return typeof old === "boolean" ? old : true;
  const first = Array.isArray(old) ? old[0] : old;
  return first === null || (typeof first === "object" && first?.property === undefined) ? undefined : first;
}
