// Saving: the first time asks for a name, later each save adds a version. Someone else's
// newer version is never overwritten without being told.

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { fill, icon } from "./controls.js";
import { firstBadKey, hasErrors } from "./problems.js";
import { showToast } from "./toast.js";

export class Saving {
  busy = false;
  error = null; // {message, field} inside the dialog, or without a field beside the buttons
  conflict = null; // {message, version}
  asCopy = false;

  constructor(editor) {
    this.editor = editor;
  }

  /** Save, or go to the first mistake and say so. */
  async save() {
    if (await this.#stopsAtErrors()) return;
    if (this.editor.cohort) await this.#send({});
    else this.ask(false);
  }

  ask(asCopy) {
    this.asCopy = asCopy;
    this.error = null;
    this.editor.redraw();
    this.dialog.showModal();
  }

  async saveAs() {
    if (!(await this.#stopsAtErrors())) this.ask(true);
  }

  /** The other's version stays in the history; ours becomes the next one. */
  saveOver() {
    this.editor.cohort.version = this.conflict.version;
    return this.#send({});
  }

  async #stopsAtErrors() {
    const { editor } = this;
    editor.attempted = true;
    editor.redraw();
    if (!hasErrors(editor)) return false;
    editor.focus(firstBadKey(editor) === null ? "save" : badTarget(editor));
    return true;
  }

  submit(event) {
    event.preventDefault();
    const form = new FormData(event.target);
    return this.#send({ name: form.get("name").trim(), description: form.get("description").trim() });
  }

  async #send(names) {
    const { editor } = this;
    if (this.busy) return;
    const target = this.asCopy ? null : editor.cohort;
    const tree = editor.tree;
    const body = { ...editor.body, slug: target?.slug ?? null, expected_version: target?.version ?? null, ...names };
    Object.assign(this, { busy: true, error: null });
    editor.redraw();
    try {
      this.#saved(await editor.api.save(body), tree);
    } catch (error) {
      this.#refused(error);
    }
    this.busy = false;
    editor.redraw();
  }

  #saved(answer, tree) {
    const { editor } = this;
    const isNew = editor.cohort?.slug !== answer.slug;
    editor.cohort = { slug: answer.slug, version: answer.version, name: answer.name, description: answer.description };
    editor.saved = tree;
    Object.assign(this, { conflict: null, asCopy: false });
    this.dialog.close();
    if (isNew) history.replaceState(null, "", answer.edit_url);
    const { texts, data } = editor;
    const links = [[texts.view_cohort, answer.url]];
    if (data.importUrl) links.push([texts.import_to_braze, data.importUrl.replace("__slug__", answer.slug)]);
    showToast(fill(texts.saved_as, { version: answer.version }), links);
  }

  #refused(error) {
    const { editor } = this;
    if (error.data?.problems) {
      this.dialog.close();
      editor.takeProblems(error.data);
      editor.focus(badTarget(editor));
    } else if (error.status === 409 && error.data?.conflict) {
      this.dialog.close();
      this.conflict = error.data.conflict;
      editor.focus("conflict");
    } else {
      this.error = { message: error.message, field: error.data?.field };
      if (this.error.field) editor.focus(`save-${this.error.field}`);
    }
  }

  get dialog() {
    return document.getElementById("save-dialog");
  }
}

/** The control the first mistake is about; a mistake of the whole is at the messages of the whole. */
function badTarget(editor) {
  const key = firstBadKey(editor);
  const marked = document.querySelector(`#${CSS.escape(key)} [aria-invalid=true]`);
  return marked?.id || (document.getElementById(key) ? key : "global-filter");
}

export function conflictBanner({ texts }, saving) {
  if (!saving.conflict) return nothing;
  return html`<div class="banner warn mb16" id="conflict" role="alert" tabindex="-1">
    ${icon("i-alert-triangle")}
    <div class="grow">
      <div class="bt">${texts.conflict_title}</div>
      <p>${saving.conflict.message}</p>
    </div>
    <div class="acts">
      <a class="btn" href=${saving.conflict.url} target="_blank" rel="noopener">${texts.see_theirs}</a>
      <button type="button" class="btn" @click=${() => saving.ask(true)}>${texts.save_copy}</button>
      <button type="button" class="btn primary" @click=${() => saving.saveOver()}>${texts.save_over}</button>
    </div>
  </div>`;
}

export function saveDialog({ texts, cohort }, saving) {
  const isNameless = saving.asCopy || !cohort;
  const bad = (field) => saving.error?.field === field;
  return html`<dialog class="modal" id="save-dialog" aria-labelledby="save-title">
    <div class="mh">
      <h2 id="save-title">${isNameless ? texts.save_cohort : texts.rename_cohort}</h2>
      <button type="button" class="ib md" aria-label=${texts.close} @click=${() => saving.dialog.close()}>${icon("i-x")}</button>
    </div>
    <form @submit=${(event) => saving.submit(event)}>
      <div class="stack">
        <div class="field">
          <label for="save-name">${texts.name}</label>
          <input
            class="input ${bad("name") ? "invalid" : ""}"
            id="save-name"
            name="name"
            required
            maxlength="255"
            autocomplete="off"
            aria-describedby=${saving.error ? "save-error" : nothing}
            .value=${isNameless ? "" : cohort.name}
          />
        </div>
        <div class="field">
          <label for="save-description">${texts.description}</label>
          <textarea class="area" id="save-description" name="description" rows="3" .value=${cohort?.description ?? ""}></textarea>
        </div>
        ${saving.error
          ? html`<p class="msg bad" id="save-error" role="alert">${icon("i-alert-triangle")}<span>${saving.error.message}</span></p>`
          : nothing}
      </div>
      <div class="mf">
        <span class="push"></span>
        <button type="button" class="btn" @click=${() => saving.dialog.close()}>${texts.cancel}</button>
        <button class="btn primary ${saving.busy ? "busy" : ""}" ?disabled=${saving.busy}>${texts.save}</button>
      </div>
    </form>
  </dialog>`;
}
