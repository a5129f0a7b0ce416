// The small controls every row is made of. Each takes its label: none is drawn without one.

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { live } from "../../vendor/lit-html/directives/live.js";

let sprite = "";

/** The address of the icon sprite; the server knows its hashed name. */
export function useSprite(url) {
  sprite = url;
}

export const icon = (name, extra = "") =>
  html`<svg class="i ${extra}" aria-hidden="true"><use href="${sprite}#${name}"></use></svg>`;

/** "Remove {name}" with {name: "iPad"} → "Remove iPad". */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);

export const count = (n) => n.toLocaleString(document.documentElement.lang || "en");

/** options: [value, text] pairs. A value outside of them is shown as it is, never lost. */
export function select({ id, label, value, options, onChange, quiet = false, problem }) {
  const known = options.some(([option]) => option === value);
  const all = known ? options : [[value, value ?? ""], ...options];
  return html`<span class="selw ${quiet ? "selw--quiet" : ""}"
    ><select
      class="bs ${problem ? "invalid" : ""}"
      id=${id}
      aria-label=${label}
      aria-invalid=${problem ? "true" : nothing}
      aria-describedby=${problem ?? nothing}
      .value=${live(String(value ?? ""))}
      @change=${(event) => onChange(event.target.value)}
    >
      ${all.map(
        ([option, text]) =>
          html`<option value=${option ?? ""} ?selected=${option === value}>${text}</option>`,
      )}</select
    >${icon("k-caret")}</span
  >`;
}

export const iconButton = ({ id, name, label, onClick, disabled = false, tone = "", pressed, expanded, badge }) =>
  html`<button
    type="button"
    class="ib ${tone}"
    id=${id ?? nothing}
    data-tip=${disabled ? nothing : label}
    aria-label=${label}
    aria-pressed=${pressed ?? nothing}
    aria-expanded=${expanded ?? nothing}
    ?disabled=${disabled}
    @click=${onClick}
  >
    ${icon(name)}${badge ? html`<span class="sub" aria-hidden="true">${badge}</span>` : nothing}
  </button>`;

/** ALL / ANY and the like. */
export const segment = ({ id, label, value, options, onChange }) =>
  html`<div class="seg" role="group" aria-label=${label}>
    ${options.map(
      ([option, text]) =>
        html`<button
          type="button"
          id="${id}-${option}"
          aria-pressed=${option === value}
          @click=${() => onChange(option)}
        >
          ${text}
        </button>`,
    )}
  </div>`;

export const unit = (text) => html`<span class="unit">${text}</span>`;

export const addButton = ({ id, text, onClick, symbol = "i-plus", small = false }) =>
  html`<button type="button" class="btn quiet ${small ? "sm" : ""}" id=${id} @click=${onClick}>
    ${icon(symbol)}${text}
  </button>`;

/** A number as far as it is one. What is half typed ("5.", "-") stays text until it is. */
export function readNumber(raw) {
  const text = raw.trim();
  if (text === "") return null;
  return String(Number(text)) === text ? Number(text) : text;
}

/** On leaving the field "5.0" becomes 5; what is no number stays for the server to name. */
function settleNumber(raw) {
  const text = raw.trim();
  return text !== "" && Number.isFinite(Number(text)) ? Number(text) : readNumber(raw);
}

export const numberInput = ({ id, label, value, onInput, problem, wide = false }) =>
  html`<input
    class="bs ${problem ? "invalid" : ""} ${wide ? "bs--wide" : ""}"
    id=${id}
    aria-label=${label}
    aria-invalid=${problem ? "true" : nothing}
    aria-describedby=${problem ?? nothing}
    inputmode="decimal"
    autocomplete="off"
    .value=${live(value === null || value === undefined ? "" : String(value))}
    @input=${(event) => onInput(readNumber(event.target.value))}
    @change=${(event) => onInput(settleNumber(event.target.value))}
  />`;

/** A day, or an instant where the definition holds one. */
export function dateInput({ id, label, value, onInput, problem }) {
  const text = typeof value === "string" ? value : "";
  const type = text.includes("T") ? (/(Z|[+-]\d\d:?\d\d)$/.test(text) ? "text" : "datetime-local") : "date";
  return html`<input
    class="bs bs--date ${problem ? "invalid" : ""}"
    type=${type}
    id=${id}
    aria-label=${label}
    aria-invalid=${problem ? "true" : nothing}
    aria-describedby=${problem ?? nothing}
    step="any"
    .value=${live(text)}
    @input=${(event) => onInput(event.target.value || null)}
  />`;
}
