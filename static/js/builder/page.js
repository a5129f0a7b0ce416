// The whole builder, top to bottom as in the original.

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { count, fill, icon, iconButton, select } from "./controls.js";
import { dateRange } from "./date_range.js";
import { globalFilter } from "./global_filter.js";
import { definitionBody } from "./group.js";
import { badRows, problemList } from "./problems.js";
import { conflictBanner, saveDialog } from "./saving.js";
import { summary } from "./summary.js";
import { templatesButton, templatesDialog } from "./templates.js";
import { keyOf } from "./tree.js";

export function page(ctx, saving, sampling) {
  return html`${conflictBanner(ctx, saving)}
    <section class="card mb builder" aria-label=${ctx.texts.definition}>
      <div class="cb">${toolbar(ctx)} ${definitionBody(ctx)}</div>
      <div class="cb builder__foot">
        ${globalFilter(ctx)} ${problemList(ctx, keyOf(ctx.tree))}
        <hr class="rule builder__rule" />
        ${summary(ctx)} ${footer(ctx, saving, sampling)}
      </div>
    </section>
    ${sampling.template()} ${saveDialog(ctx, saving)} ${sampling.sqlDialog()}
    ${templatesDialog(ctx)}
    <p class="vh" role="status" aria-live="polite">${announcement(ctx)}</p>
    <p class="vh" role="status" aria-live="polite" id="said">${ctx.said}</p>`;
}

function toolbar(ctx) {
  const { texts, data, history } = ctx;
  return html`<div class="row wrap mb16 builder__bar">
    <span class="b" aria-hidden="true">${texts.schema}</span>
    ${schema(ctx)}
    <span class="b builder__subject">${texts.subject}</span><span class="unit">${data.subject}</span>
    <span class="push row">
      ${templatesButton(ctx)}
      ${iconButton({ id: "undo", name: "i-arrow-back-up", label: texts.undo, tone: "md", disabled: !history.canUndo, onClick: () => ctx.undo() })}
      ${iconButton({ id: "redo", name: "i-arrow-forward-up", label: texts.redo, tone: "md", disabled: !history.canRedo, onClick: () => ctx.redo() })}
      <button type="button" class="btn" id="reset" ?disabled=${!ctx.isDirty} @click=${() => ctx.reset()}>${texts.reset}</button>
    </span>
  </div>`;
}

/** A saved cohort stays on its schema: another one has other events and other people. */
function schema(ctx) {
  const { texts, data } = ctx;
  if (ctx.cohort) {
    return html`<span class="selw ro"
      ><select class="bs" aria-label=${texts.schema} disabled><option>${ctx.dataset}</option></select>${icon("k-caret")}</span
    >`;
  }
  return select({
    id: "schema",
    label: texts.schema,
    value: ctx.dataset,
    options: data.datasets.map((name) => [name, name]),
    onChange: (name) => ctx.chooseDataset(name),
  });
}

function footer(ctx, saving, sampling) {
  const { texts, data } = ctx;
  const bad = badRows(ctx);
  return html`<div class="row wrap builder__actions">
    ${dateRange(ctx)} ${total(ctx)}
    <span class="push row wrap builder__buttons">
      ${bad > 0
        ? html`<span class="msg bad" id="attention">${icon("i-alert-triangle")}<span
              >${fill(bad === 1 ? texts.needs_attention_one : texts.needs_attention, { count: bad })}</span
            ></span>`
        : nothing}
      ${saving.error && !saving.error.field
        ? html`<span class="msg bad" role="alert">${icon("i-alert-triangle")}<span>${saving.error.message}</span></span>`
        : nothing}
      ${data.may_save ? nothing : html`<span class="t3 sm" id="no-save">${texts.may_not_save}</span>`}
      <button type="button" class="btn quiet" id="view-sql" @click=${() => sampling.showSql()}>${icon("i-code")}${texts.view_sql}</button>
      ${ctx.cohort && data.may_create
        ? html`<button type="button" class="btn quiet" id="save-as" @click=${() => saving.saveAs()}>${texts.save_as}</button>`
        : nothing}
      <button
        type="button"
        class="btn outline pill ${saving.busy ? "busy" : ""}"
        id="save"
        ?disabled=${!data.may_save || saving.busy}
        aria-describedby=${data.may_save ? nothing : "no-save"}
        @click=${() => saving.save()}
      >
        ${texts.save}
      </button>
      <button
        type="button"
        class="btn primary pill ${sampling.busy ? "busy" : ""}"
        id="execute"
        @click=${() => sampling.execute()}
      >
        ${sampling.busy ? icon("i-loader-2") : nothing}${texts.execute}
      </button>
    </span>
  </div>`;
}

function total(ctx) {
  const { answer, texts } = ctx;
  if (ctx.counting && ctx.estimate) {
    const { count: about, bound } = ctx.estimate;
    const words = bound === null ? texts.estimate_few : texts.estimate;
    return html`<span class="total">${fill(words, { count: count(about), bound: count(bound ?? 0) })}</span>`;
  }
  const known = typeof answer?.total === "number";
  return html`<span class="total ${ctx.counting ? "is-stale" : ""}"
    >${known ? html`<b>${count(answer.total)}</b> ${texts.users}` : ctx.counting ? texts.counting : nothing}</span
  >`;
}

/** Spoken once the count is there, not while it is on its way. */
function announcement(ctx) {
  if (ctx.counting || typeof ctx.answer?.total !== "number") return ctx.failure ?? "";
  return fill(ctx.texts.announce_total, { count: count(ctx.answer.total) });
}
