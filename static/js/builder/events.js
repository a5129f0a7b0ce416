// Choosing events: one or several (any of them), or any event at all.

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { combobox } from "./combobox.js";
import { addButton, count, iconButton } from "./controls.js";
import { blankFilter, filterRows } from "./filters.js";

const ANY = "*";

export const eventNames = (event) => (event === undefined ? [] : [].concat(event));

/** spec: {id, path of the object that holds `event`, node, label, placeholder} */
export function eventPicker(ctx, { id, path, node, label, placeholder = ctx.texts.choose_event }) {
  const names = eventNames(node.event);
  const at = [...path, "event"];
  const put = (list) => ctx.set(at, list.length > 1 ? list : list[0]);
  return combobox(ctx, {
    id: `${id}-event`,
    label: label ?? ctx.texts.events,
    problem: ctx.problem(at, true),
    placeholder,
    chips: names.map((name) => ({
      text: name === ANY ? ctx.texts.any_event : name,
      icon: "i-bolt",
      tip: tipOf(ctx, name),
    })),
    options: eventOptions(ctx, names),
    free: true,
    onPick: (name) => put(name === ANY || names.includes(ANY) ? [name] : [...names, name]),
    onRemove: (i) => put(names.filter((_, index) => index !== i)),
  });
}

const eventOptions = (ctx, chosen) => [
  ...(chosen.includes(ANY) ? [] : [{ value: ANY, text: ctx.texts.any_event, icon: "i-activity" }]),
  ...ctx.catalog.events
    .filter(({ name, hidden }) => !hidden && !chosen.includes(name))
    .map(({ name, count, label, description }) => ({
      value: name,
      text: name,
      hint: label,
      tip: description,
      count,
      icon: "i-bolt",
    })),
];

function tipOf(ctx, name) {
  const event = ctx.catalog.events.find((known) => known.name === name);
  if (!event) return undefined;
  const seen = ctx.texts.event_seen.replace("{count}", count(event.count));
  return [event.label, event.description, seen].filter(Boolean).join("\n");
}

const spec = (ctx, path, node) => ({
  path: [...path, "where"],
  filters: node.where ?? [],
  scopes: ["event", "user"],
  defaultScope: "event",
  events: eventNames(node.event),
});

/** The event filters below a row, with the button for one more. */
export function whereRows(ctx, { id, path, node }) {
  if ((node.where ?? []).length === 0) return nothing;
  return html`<div class="wheres">
    ${filterRows(ctx, spec(ctx, path, node))}
    ${addButton({
      id: `${id}-where`,
      text: ctx.texts.event_filter,
      small: true,
      onClick: () => addWhere(ctx, path, node),
    })}
  </div>`;
}

export const whereButton = (ctx, { id, path, node }) =>
  iconButton({
    id: `${id}-filter`,
    name: (node.where ?? []).length > 0 ? "f-filter" : "i-filter",
    label: ctx.texts.add_event_filter,
    onClick: () => addWhere(ctx, path, node),
  });

function addWhere(ctx, path, node) {
  ctx.insert([...path, "where"], (node.where ?? []).length, blankFilter(spec(ctx, path, node)));
}
