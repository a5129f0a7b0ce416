// Moving conditions and groups: by the grip with a pointer, by arrow keys on the grip, and by
// the menu the grip opens, for whoever can do neither.

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { fill, icon } from "./controls.js";
import { depthOf, get, heightOf, isGroup, keyOf, pathOf } from "./tree.js";

/** spec: {id, path, node, number} */
export function grip(ctx, { id, path, node, number }) {
  const isOpen = ctx.open.moving === id;
  return html`<span class="grip-place">
    <button
      type="button"
      class="ib grip"
      id="${id}-grip"
      draggable="true"
      aria-label=${fill(ctx.texts.move, { number })}
      aria-expanded=${isOpen ? "true" : "false"}
      data-tip=${isOpen ? nothing : ctx.texts.move_tip}
      @click=${() => ctx.toggleMoving(isOpen ? null : id)}
      @keydown=${(event) => onKey(ctx, event, path)}
    >
      ${icon("i-grip-vertical")}
    </button>
    ${isOpen ? menu(ctx, { id, path, node }) : nothing}
  </span>`;
}

function menu(ctx, { id, path, node }) {
  const { texts } = ctx;
  const items = [
    ["up", texts.move_up, stepFrom(ctx, path, -1)],
    ["down", texts.move_down, stepFrom(ctx, path, 1)],
  ];
  return html`<div class="pop grip__menu" role="group" aria-label=${texts.move_tip} @keydown=${(event) => onMenuKey(ctx, event, id)}>
    ${items.map(
      ([name, text, step]) =>
        html`<button type="button" class="btn quiet sm" id="${id}-${name}" ?disabled=${!step} @click=${() => ctx.move(path, step, name)}>
          ${icon(name === "up" ? "i-chevron-up" : "i-chevron-down")}${text}
        </button>`,
    )}
    ${mayWrap(ctx, path, node)
      ? html`<button type="button" class="btn quiet sm" id="${id}-wrap" @click=${() => ctx.wrap(path)}>
          ${icon("i-folder-plus")}${texts.into_new_group}
        </button>`
      : nothing}
    ${isGroup(node)
      ? html`<button type="button" class="btn quiet sm" id="${id}-dissolve" ?disabled=${Boolean(node.negate)} @click=${() => ctx.dissolve(path)}>
          ${icon("i-x")}${texts.dissolve_group}
        </button>`
      : nothing}
  </div>`;
}

function onKey(ctx, event, path) {
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (by) {
    event.preventDefault();
    const step = stepFrom(ctx, path, by);
    if (step) ctx.move(path, step, "grip");
  } else if (event.key === "Escape" && ctx.open.moving) {
    event.stopPropagation();
    ctx.toggleMoving(null);
  }
}

function onMenuKey(ctx, event, id) {
  if (event.key !== "Escape") return;
  event.stopPropagation();
  ctx.toggleMoving(null);
  ctx.focus(`${id}-grip`);
}

const fits = (ctx, listPath, node) => depthOf([...listPath, 0]) + heightOf(node) <= ctx.data.max_depth;

const mayWrap = (ctx, path, node) => fits(ctx, [...path, "conditions"], node);

/**
 * Where one step up (-1) or down (1) in reading order leads: {owner, before}, keys of the list's
 * group and of the item that then follows (null at the end). Null where there is no way on.
 */
export function stepFrom(ctx, path, by) {
  const node = get(ctx.tree, path);
  const listPath = path.slice(0, -1);
  const owner = get(ctx.tree, listPath.slice(0, -1));
  const list = owner.conditions;
  const index = path.at(-1);
  const neighbour = list[index + by];
  if (neighbour && isGroup(neighbour) && fits(ctx, [...listPath, index + by, "conditions"], node)) {
    return { owner: keyOf(neighbour), before: by < 0 ? null : keyOf(neighbour.conditions[0]) };
  }
  if (neighbour) {
    const next = by < 0 ? neighbour : list[index + 2];
    return { owner: keyOf(owner), before: next ? keyOf(next) : null };
  }
  if (listPath.length === 1) return null;
  // Out of the group: before it, or after it.
  const groupPath = listPath.slice(0, -1);
  const around = get(ctx.tree, groupPath.slice(0, -2));
  const next = around.conditions[groupPath.at(-1) + (by < 0 ? 0 : 1)];
  return { owner: keyOf(around), before: next ? keyOf(next) : null };
}

// --- with a pointer: the row under it shows where the dragged one would go

export class Dragging {
  #key = null;
  #mark = null;

  constructor(host, editor) {
    this.editor = editor;
    host.addEventListener("dragstart", (event) => this.#start(event));
    host.addEventListener("dragover", (event) => this.#over(event));
    host.addEventListener("drop", (event) => this.#drop(event));
    host.addEventListener("dragend", () => this.#end());
  }

  #start(event) {
    const row = event.target.closest?.(".grip")?.closest(".cond, .groupbox");
    if (!row) return;
    this.#key = row.id;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", "");
    event.dataTransfer.setDragImage(row, 8, 8);
    row.classList.add("is-dragged");
  }

  #over(event) {
    const place = this.#key && this.#placeOf(event);
    this.#show(place);
    if (place) event.preventDefault();
  }

  #drop(event) {
    const place = this.#key && this.#placeOf(event);
    const key = this.#key;
    this.#end();
    if (!place) return;
    event.preventDefault();
    const path = pathOf(this.editor.tree, key);
    if (path) this.editor.move(path, place, "grip");
  }

  #end() {
    document.querySelector(".is-dragged")?.classList.remove("is-dragged");
    this.#show(null);
    this.#key = null;
  }

  #show(place) {
    this.#mark?.classList.remove("drop-before", "drop-after");
    this.#mark = place?.row ?? null;
    this.#mark?.classList.add(place.isAfter ? "drop-after" : "drop-before");
  }

  /** {row, isAfter, owner, before}, or null where it must not go. */
  #placeOf(event) {
    const row = event.target.closest?.(".cond, .groupbox");
    if (!row || row.closest(`[id="${this.#key}"]`)) return null;
    const { editor } = this;
    const path = pathOf(editor.tree, row.id);
    const node = get(editor.tree, pathOf(editor.tree, this.#key));
    if (path === null || !fits(editor, path.slice(0, -1), node)) return null;
    const box = row.getBoundingClientRect();
    const isAfter = event.clientY > box.top + box.height / 2;
    const owner = get(editor.tree, path.slice(0, -2));
    const next = isAfter ? owner.conditions[path.at(-1) + 1] : get(editor.tree, path);
    return { row, isAfter, owner: keyOf(owner), before: next ? keyOf(next) : null };
  }
}
