// <cohort-builder>: mounts the editor on the data the server printed into the page.

import { render } from "../../vendor/lit-html/lit-html.js";
import { useSprite } from "./controls.js";
import { Editor } from "./editor.js";
import { keepInside } from "./focus.js";
import { Dragging } from "./moving.js";
import { page } from "./page.js";
import { Sampling } from "./sampling.js";
import { Saving } from "./saving.js";

class CohortBuilder extends HTMLElement {
  connectedCallback() {
    // The address of the import comes from the page: the data knows nothing of imports.
    const printed = JSON.parse(document.getElementById("builder-data").textContent);
    const data = { ...printed, importUrl: this.dataset.importUrl };
    useSprite(data.sprite);
    this.replaceChildren();
    this.editor = new Editor(data, () => this.#draw());
    this.saving = new Saving(this.editor);
    this.sampling = new Sampling(this.editor);
    this.dragging = new Dragging(this, this.editor);
    this.addEventListener("keydown", (event) => this.#shortcut(event));
    this.#listenOutside();
    this.editor.recount(0);
  }

  #listenOutside() {
    addEventListener("beforeunload", (event) => {
      if (this.editor.isDirty) event.preventDefault();
    });
    document.querySelector("[data-builder-rename]")?.addEventListener("click", () => this.saving.ask(false));
    document.addEventListener("pointerdown", ({ target }) => {
      const { open } = this.editor;
      const closesRange = open.dateRange && !target.closest(".daterange");
      const closesMoving = open.moving && !target.closest(".grip-place");
      if (!closesRange && !closesMoving) return;
      if (closesRange) open.dateRange = false;
      if (closesMoving) open.moving = null;
      this.editor.redraw();
    });
  }

  /** Undo and redo act on the definition, also from inside a field: its text is part of it. */
  #shortcut(event) {
    if (!(event.ctrlKey || event.metaKey) || event.target.closest("dialog")) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) this.editor.redo();
    else this.editor.undo();
  }

  #draw() {
    render(page(this.editor, this.saving, this.sampling), this);
    keepInside(this);
    this.#nameThePage();
  }

  #nameThePage() {
    const { cohort, texts, isDirty } = this.editor;
    const title = document.querySelector("[data-builder-name]");
    if (title && cohort) title.textContent = cohort.name;
    const rename = document.querySelector("[data-builder-rename]");
    if (rename) rename.hidden = !cohort || !this.editor.data.may_save;
    const status = document.querySelector("[data-builder-status]");
    if (!status) return;
    const saved = cohort ? texts.version.replace("{version}", cohort.version) : "";
    status.textContent = isDirty ? [texts.unsaved, saved].filter(Boolean).join(" · ") : saved;
  }
}

customElements.define("cohort-builder", CohortBuilder);
