// Starting from a usual question: definitions the server offers for this dataset.

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { icon } from "./controls.js";

const ID = "templates-dialog";

export const templatesButton = ({ texts }) =>
  html`<button type="button" class="btn" id="templates" @click=${() => document.getElementById(ID).showModal()}>
    ${icon("i-stack-2")}${texts.templates}
  </button>`;

export function templatesDialog(ctx) {
  const { texts } = ctx;
  const groups = Map.groupBy(ctx.templates, ({ group }) => group);
  return html`<dialog class="modal modal--wide" id=${ID} aria-labelledby="templates-title">
    <div class="mh">
      <h2 id="templates-title">${texts.templates_title}</h2>
      <button type="button" class="ib md" aria-label=${texts.close} @click=${close}>${icon("i-x")}</button>
    </div>
    ${ctx.isBlank ? nothing : html`<p class="t2 sm mb16">${texts.templates_replace}</p>`}
    ${[...groups].map(([name, templates]) => section(ctx, name, templates))}
    <div class="mf"><span class="push"></span><button type="button" class="btn" @click=${close}>${texts.cancel}</button></div>
  </dialog>`;
}

const section = (ctx, name, templates) =>
  html`<h3 class="templates__group">${name}</h3>
    <ul class="templates">
      ${templates.map(
        (template) =>
          html`<li>
            <button type="button" class="templates__card" id="template-${template.key}" @click=${(event) => take(ctx, event, template)}>
              <b>${template.title}</b><span class="t2 sm">${template.description}</span>
            </button>
          </li>`,
      )}
    </ul>`;

function take(ctx, event, template) {
  close(event);
  ctx.take(structuredClone(template.definition));
}

const close = (event) => event.target.closest("dialog").close();
