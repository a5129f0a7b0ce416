// A condition that has no editor yet: shown as it is, kept as it is.

import { html } from "../../../vendor/lit-html/lit-html.js";

export const other = {
  type: null,
  saysNegation: () => false,
  blank: () => ({}),
  fields: (ctx, { node }) => html`<code class="raw">${JSON.stringify(node)}</code>`,
};
