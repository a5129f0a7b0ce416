// Users whose first ever, or last, such event lies in the window.

import { html } from "../../../vendor/lit-html/lit-html.js";
import { eventPicker } from "../events.js";
import { windowFields } from "../window.js";

const row = (type) => ({
  type,
  hasWhere: true,
  blank: (old) => ({ type, event: old.event, where: old.where, window: old.window ?? { last: 30, unit: "day" } }),
  fields: (ctx, { id, path, node }) =>
    html`${eventPicker(ctx, { id, path, node })}${windowFields(ctx, {
      id,
      path: [...path, "window"],
      window: node.window,
    })}`,
});

export const firstTime = row("first_time");
export const lastTime = row("last_time");
