// Filters on properties: "where platform is one of iPhone, iPad", alone or as "this or that".

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { repeat } from "../../vendor/lit-html/directives/repeat.js";
import { findOperator, findProperty, leafTypes, operatorsFor, propertyOptions, readType } from "./catalog.js";
import { combobox } from "./combobox.js";
import { addButton, iconButton, select, unit } from "./controls.js";
import { keyOf } from "./tree.js";
import { blankValue, valueFields } from "./values.js";

/** Picker, operator and value of the filter at `path`. spec: {id, path, filter, scopes, defaultScope, events} */
export function filterFields(ctx, spec) {
  const { id, path, filter } = spec;
  const scope = filter.scope ?? spec.defaultScope;
  const property = findProperty(ctx.catalog, scope, filter.property);
  const operators = operatorsFor(ctx.data.operators, property?.type ?? "string");
  const type = readType(ctx.data.operators, property, filter);
  const arity = findOperator(ctx.data.operators, filter.op)?.arity ?? "one";
  const fields = { ...spec, scope, type, arity };
  return html`${propertyPicker(ctx, fields, "property")}${filter.property
    ? html`${select({
        id: `${id}-op`,
        label: ctx.texts.operator,
        value: filter.op,
        problem: ctx.problem([...path, "op"]),
        options: operators.map(({ key, label }) => [key, label]),
        onChange: (op) => chooseOperator(ctx, fields, op),
      })}${valueFields(ctx, { ...fields, propertyPicker: () => propertyPicker(ctx, fields, "other") })}${jsonType(
        ctx,
        fields,
        property,
      )}${options(ctx, fields)}`
    : nothing}`;
}

/** Which property is looked at, or ("other") which one it is compared with. */
function propertyPicker(ctx, spec, role) {
  const { filter, path, scope } = spec;
  const isOther = role === "other";
  const name = isOther ? filter.value.property : filter.property;
  const at = isOther ? [...path, "value", "property"] : [...path, "property"];
  const scopes = isOther ? [scope] : spec.scopes;
  return combobox(ctx, {
    id: `${spec.id}-${role}`,
    label: isOther ? ctx.texts.other_property : ctx.texts.property,
    problem: ctx.problem(at),
    placeholder: ctx.texts.choose_property,
    chips: name ? [{ text: name, icon: scope === "user" ? "i-user" : "i-bolt", tip: tipOf(ctx, scope, name) }] : [],
    options: propertyOptions(ctx.catalog, scopes, ctx.texts),
    free: true,
    onPick: (value) => {
      const [picked, rest] = splitScope(value, scope);
      if (isOther) ctx.set(at, rest);
      else chooseProperty(ctx, spec, picked, rest);
    },
  });
}

/** "user:plan" → ["user", "plan"]; free text keeps the scope there was. */
function splitScope(value, scope) {
  const match = /^(event|user):(.+)$/s.exec(value);
  return match ? [match[1], match[2]] : [scope, value];
}

function tipOf(ctx, scope, name) {
  const property = findProperty(ctx.catalog, scope, name);
  return property ? ctx.texts.property_types[property.type] : undefined;
}

function chooseProperty(ctx, spec, scope, name) {
  const property = findProperty(ctx.catalog, scope, name);
  const fitting = operatorsFor(ctx.data.operators, property?.type ?? "string");
  const operator = fitting.find(({ key }) => key === spec.filter.op) ?? fitting[0];
  const before = findProperty(ctx.catalog, spec.scope, spec.filter.property);
  const isSameKind = before?.type === property?.type;
  ctx.merge(spec.path, {
    property: name,
    scope: scope === spec.defaultScope && !spec.scopeRequired ? undefined : scope,
    op: operator.key,
    value: blankValue(operator.arity, property?.type ?? "string", isSameKind ? spec.filter.value : undefined),
    ignore_case: undefined,
  });
}

function chooseOperator(ctx, spec, op) {
  const operator = findOperator(ctx.data.operators, op);
  ctx.merge(spec.path, {
    op,
    value: blankValue(operator.arity, spec.type, spec.filter.value),
    ignore_case: mayIgnoreCase(operator, spec.type) ? spec.filter.ignore_case : undefined,
  });
}

/** For a JSON leaf the JSON type of the value decides how it is read; here it is chosen. */
function jsonType(ctx, spec, property) {
  if (property?.type !== "json" || spec.arity === "none" || spec.arity === "span") return nothing;
  const fitting = leafTypes(ctx.data.operators, spec.filter.op).filter((type) => type !== "time");
  if (fitting.length < 2) return nothing;
  return html`${unit(ctx.texts.read_as)}${select({
    id: `${spec.id}-type`,
    label: ctx.texts.read_as,
    value: spec.type,
    quiet: true,
    options: fitting.map((type) => [type, ctx.texts.property_types[type]]),
    onChange: (type) => ctx.set([...spec.path, "value"], convert(spec.filter.value, type)),
  })}`;
}

function convert(value, type) {
  if (Array.isArray(value)) return value.map((item) => convert(item, type));
  if (type === "boolean") return value === true || value === "true";
  if (type === "string") return value === undefined || value === null ? "" : String(value);
  return Number.isFinite(Number(value)) ? Number(value) : 0;
}

const mayIgnoreCase = (operator, type) => type === "string" && operator !== undefined && operator.arity !== "none";

function options(ctx, spec) {
  const { filter, path, id, type, arity } = spec;
  const operator = findOperator(ctx.data.operators, filter.op);
  const comparesField = filter.value?.property !== undefined;
  return html`${mayIgnoreCase(operator, type)
    ? html`<button
        type="button"
        class="toggle"
        id="${id}-case"
        aria-pressed=${filter.ignore_case ? "true" : "false"}
        data-tip=${ctx.texts.ignore_case}
        aria-label=${ctx.texts.ignore_case}
        @click=${() => ctx.set([...path, "ignore_case"], filter.ignore_case ? undefined : true)}
      >
        aA
      </button>`
    : nothing}${arity === "one" && type !== "boolean"
    ? iconButton({
        id: `${id}-field`,
        name: "i-repeat",
        label: ctx.texts.compare_property,
        pressed: comparesField ? "true" : "false",
        tone: comparesField ? "is-on" : "",
        onClick: () => ctx.set([...path, "value"], comparesField ? undefined : { property: "" }),
      })
    : nothing}`;
}

/**
 * The rows of a list of filters. spec: {id, path, filters, scopes, defaultScope, scopeRequired, events, addText}
 * The rows of an `any` are drawn inside it, joined by "or".
 */
export function filterRows(ctx, spec) {
  return html`${repeat(spec.filters, keyOf, (filter, i) => {
    const path = [...spec.path, i];
    return filter.any ? anyRow(ctx, spec, filter, path, i) : filterRow(ctx, spec, filter, path, i);
  })}`;
}

function filterRow(ctx, spec, filter, path, i) {
  const id = keyOf(filter);
  return html`<div class="bline where" role="group" aria-label=${ctx.texts.filter}>
    ${unit(i === 0 ? ctx.texts.where : ctx.texts.and)}
    ${filterFields(ctx, { ...spec, id, path, filter })}
    ${filter.property
      ? orButton(ctx, id, () => ctx.replace(path, { any: [filter, blankFilter(spec)] }))
      : nothing}
    ${removeButton(ctx, id, path)}
  </div>`;
}

export const orButton = (ctx, id, onClick) =>
  html`<button type="button" class="toggle" id="${id}-or" data-tip=${ctx.texts.or_filter} aria-label=${ctx.texts.or_filter} @click=${onClick}>
    ${ctx.texts.or}
  </button>`;

function anyRow(ctx, spec, filter, path, i) {
  const lead = i === 0 ? ctx.texts.where : ctx.texts.and;
  return html`<div class="where where--any" role="group" aria-label=${ctx.texts.any_filter}>
    ${alternatives(ctx, { ...spec, lead }, filter, path, (last) => ctx.replace(path, last))}
  </div>`;
}

/** The filters of an `any`, joined by "or". `collapse` gets the last one left: an "or" of one is a plain filter again. */
export function alternatives(ctx, spec, filter, path, collapse) {
  const inner = [...path, "any"];
  const removeAt = (i) =>
    filter.any.length > 2 ? ctx.remove([...inner, i]) : collapse(filter.any[1 - i] ?? {});
  return html`${repeat(filter.any, keyOf, (part, i) => {
    const id = keyOf(part);
    return html`<div class="bline">
      ${unit(i === 0 ? (spec.lead ?? ctx.texts.where) : ctx.texts.or)}
      ${part.any
        ? html`<code class="raw">${JSON.stringify(part)}</code>`
        : filterFields(ctx, { ...spec, id, path: [...inner, i], filter: part })}
      ${iconButton({ id: `${id}-remove`, name: "i-x", label: ctx.texts.remove_filter, tone: "danger", onClick: () => removeAt(i) })}
    </div>`;
  })}
  ${addButton({
    id: `${keyOf(filter)}-more`,
    text: ctx.texts.or,
    small: true,
    onClick: () => ctx.insert(inner, filter.any.length, blankFilter(spec)),
  })}`;
}

const removeButton = (ctx, id, path) =>
  iconButton({
    id: `${id}-remove`,
    name: "i-x",
    label: ctx.texts.remove_filter,
    tone: "danger",
    onClick: () => ctx.remove(path),
  });

export const blankFilter = (spec) => (spec.scopeRequired ? { scope: spec.defaultScope } : {});
