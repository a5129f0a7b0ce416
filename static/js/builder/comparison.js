// "is more than 5": a comparison of a number, used by times and by measures.

import { html } from "../../vendor/lit-html/lit-html.js";
import { numberInput, select, unit } from "./controls.js";

/** spec: {id, path of the object that holds op and value, op, value, extra: options before the operators, choose(op), label} */
export function comparisonFields(ctx, spec) {
  const { id, op } = spec;
  const options = ctx.data.comparisons.map(({ key, label }) => [key, label]);
  return html`${select({
    id: `${id}-cmp`,
    label: ctx.texts.operator,
    value: op,
    problem: ctx.problem([...spec.path, "op"]),
    options: [...(spec.extra ?? []), ...options],
    onChange: spec.choose,
  })}${(spec.extra ?? []).some(([name]) => name === op) ? "" : numbers(ctx, spec)}`;
}

function numbers(ctx, { id, path, op, value, label, wide }) {
  const at = [...path, "value"];
  const one = (place, part, name, text) =>
    numberInput({
      id: `${id}-${name}`,
      label: text,
      value: part,
      wide,
      problem: ctx.problem(place),
      onInput: (next) => ctx.set(place, next, true),
    });
  if (arityOf(ctx, op) !== "pair") return one(at, value, "value", label);
  const [low, high] = Array.isArray(value) ? value : [null, null];
  return html`${one([...at, 0], low, "low", ctx.texts.from)}${unit(ctx.texts.pair)}${one([...at, 1], high, "high", ctx.texts.to)}`;
}

const arityOf = (ctx, op) => ctx.data.comparisons.find(({ key }) => key === op)?.arity;

/** The value that fits the operator `op`, made of the one there was. */
export function valueFor(ctx, op, old) {
  const first = Array.isArray(old) ? old[0] : old;
  if (arityOf(ctx, op) !== "pair") return first ?? 1;
  return Array.isArray(old) ? old : [first ?? 1, first ?? 1];
}
