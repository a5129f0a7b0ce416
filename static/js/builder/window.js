// The time window of a condition, and the date range of the whole definition.

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { dateInput, select, unit } from "./controls.js";
import { eventPicker } from "./events.js";
import { periodFields } from "./values.js";

/** Key that tells the kinds apart → what a fresh one holds. The first key present decides. */
const KINDS = {
  last: { last: 7, unit: "day" },
  ago: { ago: [60, 30], unit: "day" },
  full: { full: 1, unit: "week" },
  this: { this: "month" },
  dates: { from: null, to: null },
  after_first: { after_first: {}, n: 7, unit: "day" },
  overall: undefined,
};

export function windowKind(window) {
  if (window === undefined || window === null) return "overall";
  if ("from" in window || "to" in window) return "dates";
  return Object.keys(KINDS).find((kind) => kind in window) ?? "overall";
}

/** spec: {id, path, window, without: kinds not offered, overallText} */
export function windowFields(ctx, spec) {
  const kind = windowKind(spec.window);
  const without = spec.without ?? [];
  return html`${select({
    id: `${spec.id}-window`,
    label: ctx.texts.window,
    value: kind,
    problem: ctx.problem(spec.path, true),
    options: Object.keys(KINDS)
      .filter((name) => ctx.data.windows.includes(name) && !without.includes(name))
      .map((name) => [name, name === "overall" ? (spec.overallText ?? ctx.texts.windows.overall) : ctx.texts.windows[name]]),
    onChange: (name) => ctx.set(spec.path, change(name, spec.window)),
  })}${(FIELDS[kind] ?? (() => nothing))(ctx, { ...spec, id: `${spec.id}-w` })}`;
}

/** A fresh window of the kind that keeps the number and unit there were, where both fit. */
function change(kind, old) {
  const fresh = KINDS[kind];
  if (fresh === undefined || !old?.unit || !("unit" in fresh)) return structuredClone(fresh);
  const n = [old.last, old.full, old.n, old.ago?.[0]].find((value) => typeof value === "number");
  if (kind === "ago") return { ago: [n ?? 60, Math.floor((n ?? 60) / 2)], unit: old.unit };
  if (kind === "after_first") return structuredClone(fresh);
  return { [kind]: n ?? fresh[kind], unit: old.unit };
}

const FIELDS = {
  last: (ctx, { id, path, window }) => periodFields(ctx, { id, path, key: "last", period: window }),
  full: (ctx, { id, path, window }) => periodFields(ctx, { id, path, key: "full", period: window }),
  ago: (ctx, { id, path, window }) =>
    html`${periodNumber(ctx, id, path, window, 0)}${unit(ctx.texts.pair)}${periodFields(ctx, {
      id: `${id}1`,
      path,
      key: ["ago", 1],
      period: window,
      label: ctx.texts.to,
    })}${unit(ctx.texts.ago)}`,
  this: (ctx, { id, path, window }) =>
    select({
      id: `${id}-this`,
      label: ctx.texts.unit,
      value: window.this,
      problem: ctx.problem([...path, "this"]),
      options: ctx.data.units.map((name) => [name, ctx.texts.unit_names[name]]),
      onChange: (name) => ctx.set([...path, "this"], name),
    }),
  dates: (ctx, { id, path, window }) =>
    html`${side(ctx, id, path, window, "from")}${unit(ctx.texts.dash)}${side(ctx, id, path, window, "to")}`,
  after_first: (ctx, { id, path, window }) =>
    html`${eventPicker(ctx, { id: `${id}-first`, path: [...path, "after_first"], node: window.after_first })}${unit(
      ctx.texts.within_first,
    )}${periodFields(ctx, { id, path, key: "n", period: window, units: ctx.data.anchor_units })}`,
};

const periodNumber = (ctx, id, path, window, i) =>
  periodFields(ctx, { id: `${id}${i}`, path, key: ["ago", i], period: window, label: ctx.texts.from, withoutUnit: true });

// An open side is a missing key; both sides stay in the tree while the kind is "dates".
const side = (ctx, id, path, window, name) =>
  dateInput({
    id: `${id}-${name}`,
    label: ctx.texts[name === "from" ? "from_date" : "to_date"],
    value: window[name],
    problem: ctx.problem([...path, name]),
    onInput: (value) => ctx.set([...path, name], value),
  });
