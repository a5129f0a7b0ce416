// Execute: who is in it, as a table from the server; and the SQL that finds them.

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { icon, select } from "./controls.js";
import { rangeText } from "./date_range.js";
import { saveTable } from "./sample_csv.js";

export class Sampling {
  busy = false;
  error = null;
  sql = null;
  columns = []; // user properties to show beside what was measured
  sqlError = null;
  dialect = "";
  #request = null;
  // Lit draws around this element; what is in it comes from the server.
  #body = Object.assign(document.createElement("div"), { className: "sample__body" });

  #checking = null;

  constructor(editor) {
    this.editor = editor;
    this.#body.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#check(new FormData(event.target).get("user"));
    });
    this.#body.addEventListener("click", (event) => {
      const id = event.target.closest("[data-check-id]");
      if (id) this.#checkListed(id.textContent);
      if (event.target.closest("[data-sample-csv]")) this.#saveCsv();
    });
    this.#body.addEventListener("change", (event) => {
      const columns = event.target.closest("[data-sample-columns]");
      if (columns) this.#choose(columns);
    });
  }

  #choose(columns) {
    const chosen = [...columns.querySelectorAll(":checked")].map(({ value }) => value);
    this.columns = chosen.slice(0, Number(columns.dataset.most));
    this.execute({ stay: true });
  }

  #saveCsv() {
    const name = this.editor.cohort?.slug ?? "cohort";
    saveTable(this.#body.querySelector("table"), `${name}-sample.csv`);
  }

  /** `stay`: only the columns changed, so the page and the open menu stay as they are. */
  async execute({ stay = false } = {}) {
    const { editor } = this;
    editor.attempted = true;
    this.#request?.abort();
    const request = (this.#request = new AbortController());
    Object.assign(this, { busy: true, error: null });
    editor.redraw();
    try {
      this.#show(await editor.api.sample({ ...editor.body, columns: this.columns }, request.signal), stay);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.error = error.message;
      if (error.data?.problems) editor.takeProblems(error.data);
    }
    this.busy = false;
    editor.redraw();
    if (!stay) document.getElementById("sample")?.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  #show(fragment, stay) {
    const focused = stay && this.#body.contains(document.activeElement) ? document.activeElement.value : null;
    this.#body.replaceChildren(...parse(fragment));
    const columns = this.#body.querySelector("[data-sample-columns]");
    if (stay && columns) {
      columns.closest("details").open = true;
      [...columns.querySelectorAll("input")].find(({ value }) => value === focused)?.focus();
    }
    const range = this.#body.querySelector("[data-date-range]");
    if (range) range.textContent = rangeText(this.editor, this.editor.tree.date_range);
  }

  #checkListed(user) {
    this.#body.querySelector("[data-check-user] input").value = user;
    this.#check(user);
    this.#body.querySelector("[data-check-user]").scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  /** Why this user is in the draft as it stands now, or not. A later question wins. */
  async #check(user) {
    this.#checking?.abort();
    const checking = (this.#checking = new AbortController());
    const place = this.#body.querySelector("[data-check-answer]");
    place.setAttribute("aria-busy", "true");
    try {
      place.replaceChildren(...parse(await this.editor.api.check(this.editor.body, user, checking.signal)));
    } catch (error) {
      if (error.name === "AbortError") return;
      const message = Object.assign(document.createElement("p"), { className: "msg bad", textContent: error.message });
      message.setAttribute("role", "alert");
      place.replaceChildren(message);
    }
    place.removeAttribute("aria-busy");
  }

  async showSql() {
    this.dialect = "";
    this.sqlError = null;
    try {
      this.sql = await this.editor.api.sql(this.editor.body, "");
      this.editor.redraw();
      document.getElementById("sql-dialog").showModal();
    } catch (error) {
      this.error = error.message;
      this.editor.redraw();
    }
  }

  async writeSqlFor(dialect) {
    this.dialect = dialect;
    const written = { sql: "", sqlError: null };
    try {
      written.sql = await this.editor.api.sql(this.editor.body, dialect);
    } catch (error) {
      written.sqlError = error.data?.problems?.[0]?.message ?? error.message;
    }
    // A later choice wins.
    if (this.dialect !== dialect) return;
    Object.assign(this, written);
    this.editor.redraw();
  }

  async copySql(event) {
    const { texts } = this.editor;
    const button = event.currentTarget;
    try {
      await navigator.clipboard.writeText(this.sql);
      button.lastChild.textContent = texts.copied;
    } catch {
      // Without a secure address there is no clipboard: mark the text for Ctrl+C instead.
      getSelection().selectAllChildren(document.getElementById("sql-text"));
    }
  }

  template() {
    const { texts } = this.editor;
    const isEmpty = !this.#body.hasChildNodes();
    return html`<hr class="rule" />
      <h2 class="h2 mb16" id="sample-title">${texts.user_sample}</h2>
      <section class="card" id="sample" aria-labelledby="sample-title" aria-busy=${this.busy ? "true" : "false"}>
        <div class="cb ${this.busy && !isEmpty ? "is-stale" : ""}">
          ${this.error ? html`<p class="msg bad mb16" role="alert">${icon("i-alert-triangle")}<span>${this.error}</span></p>` : nothing}
          ${isEmpty ? (this.busy ? skeleton(texts) : emptyState(texts)) : this.#body}
        </div>
      </section>`;
  }

  sqlDialog() {
    const { texts } = this.editor;
    return html`<dialog class="modal modal--wide" id="sql-dialog" aria-labelledby="sql-title">
      <div class="mh">
        <h2 id="sql-title">${texts.sql}</h2>
        <button type="button" class="ib md" aria-label=${texts.close} @click=${(e) => e.target.closest("dialog").close()}>${icon("i-x")}</button>
      </div>
      <div class="row mb16">
        <span class="t2" aria-hidden="true">${texts.sql_for}</span>
        ${select({
          id: "sql-dialect",
          label: texts.sql_for,
          value: this.dialect,
          options: [["", texts.sql_own], ...this.editor.data.dialects.map(({ key, label }) => [key, label])],
          onChange: (dialect) => this.writeSqlFor(dialect),
        })}
      </div>
      <p class="hint mb16" role="status">${this.dialect ? texts.sql_elsewhere : nothing}</p>
      ${this.sqlError ? html`<p class="msg bad mb16" role="alert">${icon("i-alert-triangle")}<span>${this.sqlError}</span></p>` : nothing}
      <pre class="sql" tabindex="0" aria-label=${texts.sql}><code id="sql-text">${this.sql ?? ""}</code></pre>
      <div class="mf">
        <span class="push"></span>
        <button type="button" class="btn" @click=${(event) => this.copySql(event)}>${icon("i-copy")}<span>${texts.copy}</span></button>
      </div>
    </dialog>`;
  }
}

/** Parsed as a document of its own, where nothing runs. */
const parse = (fragment) => new DOMParser().parseFromString(fragment, "text/html").body.childNodes;

const skeleton = (texts) =>
  html`<div class="stack" role="status"><span class="vh">${texts.executing}</span>${[1, 2, 3, 4].map(() => html`<span class="skel"></span>`)}</div>`;

const emptyState = (texts) =>
  html`<div class="empty empty--slim"><span class="ico">${icon("i-users")}</span><p>${texts.press_execute}</p></div>`;
