// Users by a property of theirs, or by one of several ("any").

import { nothing } from "../../../vendor/lit-html/lit-html.js";
import { unit } from "../controls.js";
import { alternatives, filterFields, orButton } from "../filters.js";

const SPEC = { scopes: ["user"], defaultScope: "user" };

export const property = {
  type: "property",

  blank: () => ({ type: "property" }),

  fields(ctx, { id, path, node }) {
    if (node.any) return unit(ctx.texts.any_of);
    const { type, negate, ...filter } = node;
    return [
      filterFields(ctx, { ...SPEC, id, path, filter }),
      node.property
        ? orButton(ctx, id, () => ctx.replace(path, { type, negate, any: [filter, {}] }))
        : nothing,
    ];
  },

  below(ctx, { path, node }) {
    if (!node.any) return nothing;
    const { type, negate } = node;
    return alternatives(ctx, SPEC, node, path, (last) => ctx.replace(path, { ...last, type, negate }));
  },
};
