// Members of another cohort.

import { html } from "../../../vendor/lit-html/lit-html.js";
import { combobox } from "../combobox.js";
import { select } from "../controls.js";

export const cohort = {
  type: "cohort",
  saysNegation: () => true,

  blank: () => ({ type: "cohort" }),

  fields(ctx, { id, path, node }) {
    const known = ctx.cohorts.find(({ slug }) => slug === node.cohort);
    return html`${select({
      id: `${id}-in`,
      label: ctx.texts.operator,
      value: node.negate ? "out" : "in",
      options: [
        ["in", ctx.texts.is_in],
        ["out", ctx.texts.is_not_in],
      ],
      onChange: (value) => ctx.set([...path, "negate"], value === "out" ? true : undefined),
    })}${combobox(ctx, {
      id: `${id}-cohort`,
      label: ctx.texts.cohort,
      problem: ctx.problem([...path, "cohort"]),
      placeholder: ctx.texts.choose_cohort,
      chips: node.cohort
        ? [{ text: known?.name ?? node.cohort, icon: "i-users-group", tip: known?.description || undefined }]
        : [],
      options: ctx.cohorts.map(({ slug, name }) => ({ value: slug, text: name, icon: "i-users-group" })),
      onPick: (slug) => ctx.set([...path, "cohort"], slug),
    })}`;
  },
};
