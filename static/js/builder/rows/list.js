// Users named one by one.

import { html, nothing } from "../../../vendor/lit-html/lit-html.js";
import { live } from "../../../vendor/lit-html/directives/live.js";

export const list = {
  type: "list",

  blank: () => ({ type: "list" }),

  fields(ctx, { id, path, node }) {
    const at = [...path, "users"];
    return html`<textarea
      class="area area--ids"
      id="${id}-users"
      rows="3"
      aria-label=${ctx.texts.user_ids}
      aria-describedby=${ctx.problem(at, true) ?? nothing}
      placeholder=${ctx.texts.one_id_per_line}
      .value=${live((node.users ?? []).join("\n"))}
      @change=${(event) => ctx.set(at, readIds(event.target.value))}
    ></textarea>`;
  },
};

/** One id per line; an id may hold spaces or commas, so only lines are split. */
function readIds(text) {
  const ids = text.split(/\r?\n/).map((line) => line.trim());
  const distinct = [...new Set(ids.filter(Boolean))];
  return distinct.length > 0 ? distinct : undefined;
}
