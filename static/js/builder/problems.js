// Messages of the check, at the rows they are about.

import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { below, formatPath, parsePath } from "./paths.js";
import { get, keyOf, ownerOf, walk } from "./tree.js";
import { icon } from "./controls.js";

/**
 * Place problems on the tree that was asked about: each keeps the key of its row and the
 * path inside it, so it stays with its row when rows move before the next answer.
 * Something not filled in yet is no mistake until the person wants to save or execute.
 */
export function placeProblems(tree, problems, tone) {
  return problems.map((problem) => {
    const path = parsePath(problem.path);
    const [owner, rest] = ownerOf(tree, path);
    return { ...problem, tone, owner: keyOf(owner), rest: formatPath(rest), unfilled: isUnfilled(tree, path) };
  });
}

function isUnfilled(tree, path) {
  const value = get(tree, path);
  const isBlank = (v) =>
    v === undefined || v === null || v === "" || (typeof v === "object" && Object.values(v).every(isBlank));
  return isBlank(value);
}

export const problemsOf = (ctx, key) =>
  ctx.problems.filter(({ owner, unfilled }) => owner === key && (ctx.attempted || !unfilled));

/** Id of the message about the control at `path`; with `deep` also about what lies below it. */
export function problemAt(ctx, path, deep) {
  if (ctx.problems.length === 0) return undefined;
  const [owner, rest] = ownerOf(ctx.tree, path);
  const key = keyOf(owner);
  const hit = problemsOf(ctx, key).some(({ rest: at, tone }) => {
    if (tone !== "bad") return false;
    const inside = below(parsePath(at), rest);
    return inside !== null && (deep || inside.length === 0);
  });
  return hit ? `${key}-problems` : undefined;
}

export function problemList(ctx, key) {
  const found = problemsOf(ctx, key);
  if (found.length === 0) return nothing;
  return html`<div id="${key}-problems" class="problems">
    ${found.map(
      (problem) =>
        html`<p class="msg ${problem.tone}">
          ${icon("i-alert-triangle")}<span>${message(ctx, problem)}</span>
        </p>`,
    )}
  </div>`;
}

/** Where the message names what it suggests, that name is the link that takes it. */
function message(ctx, problem) {
  const { message: text, suggestion } = problem;
  if (!suggestion) return text;
  const link = html`<button type="button" class="linkbtn" @click=${() => ctx.fix(problem)}>${suggestion}</button>`;
  const at = text.lastIndexOf(suggestion);
  if (at < 0) return html`${text} ${ctx.texts.did_you_mean} ${link}?`;
  return html`${text.slice(0, at)}${link}${text.slice(at + suggestion.length)}`;
}

/** The first row with an error in reading order, or null. */
export function firstBadKey(ctx) {
  const bad = new Set(ctx.problems.filter(({ tone }) => tone === "bad").map(({ owner }) => owner));
  for (const [node] of walk(ctx.tree)) {
    if (bad.has(keyOf(node))) return keyOf(node);
  }
  return bad.size > 0 ? keyOf(ctx.tree) : null;
}

export const hasErrors = (ctx) => ctx.problems.some(({ tone }) => tone === "bad");

/** How many rows need attention. */
export const badRows = (ctx) =>
  new Set(ctx.problems.filter(({ tone, unfilled }) => tone === "bad" && (ctx.attempted || !unfilled)).map(({ owner }) => owner)).size;
