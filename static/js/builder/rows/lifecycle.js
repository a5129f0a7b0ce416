// New, returning, resurrected or dormant users.

import { html } from "../../../vendor/lit-html/lit-html.js";
import { select, unit } from "../controls.js";
import { eventPicker } from "../events.js";
import { periodFields } from "../values.js";

export const lifecycle = {
  type: "lifecycle",
  hasWhere: true,

  blank: () => ({ type: "lifecycle", state: "new", period: { n: 7, unit: "day" } }),

  fields(ctx, { id, path, node }) {
    return html`${select({
      id: `${id}-state`,
      label: ctx.texts.lifecycle_state,
      value: node.state,
      problem: ctx.problem([...path, "state"]),
      options: Object.entries(ctx.texts.lifecycle_states),
      onChange: (state) => ctx.set([...path, "state"], state),
    })}${unit(ctx.texts.in_periods_of)}${periodFields(ctx, {
      id: `${id}-period`,
      path: [...path, "period"],
      key: "n",
      period: node.period ?? {},
    })}${unit(ctx.texts.by)}${eventPicker(ctx, { id, path, node, placeholder: ctx.texts.any_event })}`;
  },
};
