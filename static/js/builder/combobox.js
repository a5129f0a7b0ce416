// A combobox after the ARIA pattern: an input that owns a listbox, with chips for what is
// chosen. At most one is open in the page, so the open one's state lives in one `Combo`.

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { live } from "../../vendor/lit-html/directives/live.js";
import { count, fill, icon } from "./controls.js";

const SHOWN = 60;
const TYPING_PAUSE = 150;

export class Combo {
  id = null;
  query = "";
  active = -1;
  loaded = null; // options that came from the server, or null while none have
  #timer = null;
  #request = null;

  constructor(redraw) {
    this.redraw = redraw;
  }

  isOpen(id) {
    return this.id === id;
  }

  open(spec, active = -1) {
    if (this.id === spec.id) return;
    this.#start(spec.id);
    this.active = active;
    this.#load(spec, 0);
    this.redraw();
  }

  close() {
    if (this.id === null) return;
    this.#start(null);
    this.redraw();
  }

  type(spec, query) {
    if (this.id !== spec.id) this.#start(spec.id);
    this.query = query;
    this.active = -1;
    this.#load(spec, TYPING_PAUSE);
    this.redraw();
  }

  move(step, length) {
    if (length === 0) return;
    this.active = this.active < 0 ? (step > 0 ? 0 : length - 1) : (this.active + step + length) % length;
    this.redraw();
  }

  #start(id) {
    clearTimeout(this.#timer);
    this.#request?.abort();
    Object.assign(this, { id, query: "", active: -1, loaded: null });
  }

  #load(spec, pause) {
    if (!spec.source) return;
    clearTimeout(this.#timer);
    this.#request?.abort();
    const request = (this.#request = new AbortController());
    this.#timer = setTimeout(async () => {
      try {
        const options = await spec.source(this.query, request.signal);
        if (!request.signal.aborted) this.loaded = options;
      } catch (error) {
        if (error.name === "AbortError") return;
        // Suggestions are a help: without them the field still takes what is typed.
        this.loaded = [];
      }
      this.redraw();
    }, pause);
  }
}

/**
 * spec: {id, label, chips: [{text, icon, tip}], options: [{value, text, hint, tip, count, icon, group}],
 *        source(query, signal), free, text, onText, onPick(value), onRemove(index), placeholder,
 *        problem, single, numeric}
 * With `text`/`onText` it is one text with suggestions; otherwise it holds chips.
 */
export function combobox(ctx, spec) {
  const { combo } = ctx;
  const open = combo.isOpen(spec.id);
  const options = open ? visibleOptions(ctx, spec) : [];
  const isText = spec.onText !== undefined;
  return html`<span
    class="picker combo ${isText ? "combo--text" : ""} ${spec.numeric ? "combo--numeric" : ""} ${spec.problem ? "invalid" : ""}"
    @focusout=${(event) => leave(ctx, spec, event)}
    @mousedown=${(event) => press(event, spec)}
  >
    ${(spec.chips ?? []).map((chip, i) => chipTemplate(ctx, spec, chip, i))}
    <input
      id=${spec.id}
      role="combobox"
      aria-label=${spec.label}
      aria-autocomplete="list"
      aria-expanded=${open ? "true" : "false"}
      aria-controls="${spec.id}-list"
      aria-activedescendant=${open && combo.active >= 0 ? `${spec.id}-o${combo.active}` : nothing}
      aria-invalid=${spec.problem ? "true" : nothing}
      aria-describedby=${spec.problem ?? nothing}
      autocomplete="off"
      spellcheck="false"
      inputmode=${spec.numeric ? "decimal" : nothing}
      placeholder=${(spec.chips ?? []).length === 0 ? (spec.placeholder ?? "") : ""}
      .value=${live(isText ? spec.text : open ? combo.query : "")}
      @click=${() => combo.open(spec)}
      @input=${(event) => typed(ctx, spec, event.target.value)}
      @change=${(event) => spec.onSettle?.(event.target.value)}
      @keydown=${(event) => keyed(ctx, spec, options, event)}
    />${icon("k-caret", "caret")}
    ${listTemplate(ctx, spec, options, open)}
  </span>`;
}

const chipTemplate = (ctx, spec, chip, i) =>
  html`<span class="chip" title=${chip.tip ?? nothing}
    >${chip.icon ? icon(chip.icon) : nothing}<span class="chip__text">${chip.text}</span>${spec.onRemove
      ? html`<button
          type="button"
          id="${spec.id}-x${i}"
          aria-label=${fill(ctx.texts.remove_named, { name: chip.text })}
          @click=${(event) => {
            event.stopPropagation();
            spec.onRemove(i);
            ctx.focus(spec.id);
          }}
        >
          ${icon("i-x")}
        </button>`
      : chip.tip
        ? icon("f-info-circle")
        : nothing}</span
  >`;

function listTemplate(ctx, spec, options, open) {
  const { combo, texts } = ctx;
  // Number boxes offer usual values; there is nothing to say about a number that is not among them.
  const quiet = spec.numeric && options.length === 0;
  return html`<ul
    class="pop menu combo__list"
    id="${spec.id}-list"
    role="listbox"
    aria-label=${spec.label}
    ?hidden=${!open || quiet}
  >
    ${!open || quiet
      ? nothing
      : spec.source && combo.loaded === null
        ? html`<li class="combo__note" role="option" aria-disabled="true" aria-selected="false">${texts.searching}</li>`
        : options.length === 0
          ? html`<li class="combo__note" role="option" aria-disabled="true" aria-selected="false">${texts.no_match}</li>`
          : options.map((option, i) => optionTemplate(ctx, spec, options, option, i))}
  </ul>`;
}

function optionTemplate(ctx, spec, options, option, i) {
  const startsGroup = option.group && option.group !== options[i - 1]?.group;
  return html`${startsGroup
      ? html`<li class="combo__group" role="presentation">${option.group}</li>`
      : nothing}
    <li
      class="combo__option"
      id="${spec.id}-o${i}"
      role="option"
      aria-selected=${ctx.combo.active === i ? "true" : "false"}
      title=${option.tip ?? nothing}
      @mousedown=${(event) => event.preventDefault()}
      @click=${(event) => {
        event.stopPropagation();
        pick(ctx, spec, option);
      }}
    >
      ${option.icon ? icon(option.icon) : nothing}<span class="combo__text"
        >${option.text}${option.hint ? html` <span class="combo__hint">${option.hint}</span>` : nothing}</span
      >${option.count ===
      undefined
        ? nothing
        : html`<span class="combo__count">${count(option.count)}</span>`}
    </li>`;
}

/** What the open list shows: matches first by beginning, then by containing what is typed. */
function visibleOptions(ctx, spec) {
  const { combo, texts } = ctx;
  const query = combo.query.trim();
  if (spec.numeric) return spec.options;
  const all = spec.source ? (combo.loaded ?? []) : spec.options;
  const found = spec.source ? all : matching(all, query);
  const exact = all.some((option) => option.text === query);
  if (spec.free && query && !exact) {
    return [...found, { value: query, text: fill(texts.use_typed, { name: query }), icon: "i-plus" }];
  }
  return found;
}

function matching(options, query) {
  const needle = query.toLowerCase();
  if (!needle) return options.slice(0, SHOWN);
  const rank = (option) => {
    const at = option.text.toLowerCase().indexOf(needle);
    if (at < 0 && option.hint?.toLowerCase().includes(needle)) return 1;
    return at < 0 ? 2 : at > 0 ? 1 : 0;
  };
  const ranked = options.map((option) => [rank(option), option]).filter(([r]) => r < 2);
  // Groups stay together, so the order inside a group is all that ranking may change.
  return ranked
    .map(([r, option], i) => ({ r, option, i, g: options.findIndex((o) => o.group === option.group) }))
    .sort((a, b) => a.g - b.g || a.r - b.r || a.i - b.i)
    .map(({ option }) => option)
    .slice(0, SHOWN);
}

function pick(ctx, spec, option) {
  ctx.combo.close();
  spec.onPick(option.value);
  ctx.focus(spec.id);
}

function typed(ctx, spec, text) {
  ctx.combo.type(spec, text);
  spec.onText?.(text);
}

function keyed(ctx, spec, options, event) {
  const { combo } = ctx;
  const open = combo.isOpen(spec.id);
  if (event.isComposing) return; // an input method is choosing characters: its keys are not ours
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (!open) combo.open(spec, event.key === "ArrowDown" ? 0 : -1);
    else combo.move(event.key === "ArrowDown" ? 1 : -1, options.length);
    scrollToActive(spec.id);
  } else if (event.key === "Enter") {
    event.preventDefault();
    if (!open) return combo.open(spec);
    const option = options[combo.active] ?? enterChoice(combo, spec, options);
    if (option) pick(ctx, spec, option);
    else combo.close();
  } else if (event.key === "Escape" && open) {
    event.preventDefault();
    event.stopPropagation();
    combo.close();
  } else if (event.key === "Backspace" && event.target.value === "" && spec.onRemove && spec.chips.length > 0) {
    event.preventDefault();
    spec.onRemove(spec.chips.length - 1);
  }
}

/** Enter without a marked option takes the exact match, else the typed text, else the first. */
function enterChoice(combo, spec, options) {
  const query = combo.query.trim();
  if (!query || spec.onText) return null;
  return (
    options.find((option) => option.text.toLowerCase() === query.toLowerCase()) ??
    (spec.free === "first" ? options.at(-1) : options[0])
  );
}

function leave(ctx, spec, event) {
  if (event.currentTarget.contains(event.relatedTarget)) return;
  const { combo } = ctx;
  if (!combo.isOpen(spec.id)) return;
  const query = combo.query.trim();
  const match = visibleOptions(ctx, spec).find((option) => option.text.toLowerCase() === query.toLowerCase());
  combo.close();
  if (!query || spec.onText) return;
  // A value that was typed and left is meant; half an event name is not.
  if (match) spec.onPick(match.value);
  else if (spec.free === "first") spec.onPick(query);
}

function press(event, spec) {
  if (event.target.closest("button, input, [role=option]")) return;
  event.preventDefault();
  const input = document.getElementById(spec.id);
  input.focus();
  input.click();
}

function scrollToActive(id) {
  requestAnimationFrame(() => {
    const active = document.getElementById(document.getElementById(id)?.getAttribute("aria-activedescendant") ?? "");
    active?.scrollIntoView({ block: "nearest" });
  });
}
