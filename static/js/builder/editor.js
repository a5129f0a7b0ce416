// The state of the builder and every change that can be made to it. Templates read it as
// `ctx` and call its verbs; it draws itself after each change and asks for a new count.

import { Api } from "./api.js";
import { Combo } from "./combobox.js";
import { compact } from "./condition.js";
import { fill } from "./controls.js";
import { focusOn } from "./focus.js";
import { History } from "./history.js";
import { LivePreview } from "./live.js";
import { formatPath, parsePath } from "./paths.js";
import { placeProblems, problemAt, problemsOf } from "./problems.js";
import { rowFor } from "./rows/index.js";
import * as trees from "./tree.js";
import { sameDefinition, toWire } from "./wire.js";

/** "3.1", as a person counts the place at `path`. */
const numberOf = (path) => path.filter((key) => typeof key === "number").map((i) => i + 1).join(".");

// Lists that are left out when nothing is in them.
const OPTIONAL_LISTS = ["where", "global_filter", "exclude"];

export class Editor {
  problems = [];
  counts = new Map();
  answer = null;
  failure = null; // why there is no count, in words
  counting = false;
  estimate = null;
  attempted = false; // save or execute was pressed: what is unfilled counts as a mistake
  open = { globalFilter: false, dateRange: false, moving: null };
  said = ""; // what was done that only the eye could see
  #focusNext = null;

  constructor(data, draw) {
    Object.assign(this, { data, texts: data.texts, dataset: data.dataset, cohort: data.cohort });
    this.useCatalog(data);
    this.api = new Api(data.urls, data.texts);
    this.draw = draw;
    this.combo = new Combo(() => this.redraw());
    this.blank = { version: 1, match: "all", conditions: [rowFor("performed").blank({})].map(compact) };
    this.saved = data.definition ?? this.blank;
    this.history = new History(this.saved);
    this.live = new LivePreview(this.api, {
      onStart: () => this.#started(),
      onEstimate: (estimate) => this.#estimated(estimate),
      onAnswer: (answer, tree) => this.#answered(answer, tree),
      onError: (error) => this.#failed(error),
    });
  }

  useCatalog({ catalog, cohorts, templates }) {
    Object.assign(this, { catalog, cohorts, templates });
  }

  get tree() {
    return this.history.tree;
  }

  get isDirty() {
    return !sameDefinition(this.tree, this.saved);
  }

  get isBlank() {
    return sameDefinition(this.tree, this.blank);
  }

  // --- drawing

  redraw() {
    this.draw();
    const id = this.#focusNext;
    this.#focusNext = null;
    if (id) focusOn(id);
  }

  /** Focus the control `id`, or the first one inside it, after the next drawing. */
  focus(id) {
    this.#focusNext = id;
    this.redraw();
  }

  // --- what templates ask

  stateOf(key) {
    const errors = problemsOf(this, key).filter(({ tone }) => tone === "bad").length;
    return { count: this.counts.get(key), errors };
  }

  at(path) {
    return trees.get(this.tree, path);
  }

  problem(path, deep = false) {
    return problemAt(this, path, deep);
  }

  suggest(query, signal) {
    const params = new URLSearchParams({ dataset: this.dataset, scope: query.scope, property: query.property, q: query.q });
    for (const event of query.events ?? []) params.append("event", event);
    return this.api
      .values(params, signal)
      .then((values) => values.map(({ value, count }) => ({ value, text: String(value), count })));
  }

  // --- changes of the definition

  change(tree, spot = null) {
    if (tree === this.tree) return this.redraw();
    if (!trees.pathOf(tree, this.open.moving)) this.open.moving = null;
    this.history.push(tree, spot);
    this.recount();
  }

  set(path, value, isTyping = false) {
    this.change(trees.set(this.tree, path, value), isTyping ? formatPath(path) : null);
  }

  merge(path, changes) {
    this.change(trees.merge(this.tree, path, changes));
  }

  /** Put other contents into the place at `path`; it stays the same row. */
  replace(path, value) {
    this.change(trees.replace(this.tree, path, compact(value)));
  }

  /** Insert into a list of filters, steps and the like; `control` is where typing goes on. */
  insert(path, index, value, control = "property") {
    this.#focusNext = `${trees.keyOf(value)}-${control}`;
    this.change(trees.insert(this.tree, path, index, value));
  }

  /** `after` changes the tree further, as one step. */
  remove(path, control = "property", after = (tree) => tree) {
    const listPath = path.slice(0, -1);
    const rest = trees.get(this.tree, listPath).length - 1;
    const tree = after(trees.remove(this.tree, path));
    if (rest > 0) {
      const neighbour = trees.get(tree, [...listPath, Math.min(path.at(-1), rest - 1)]);
      this.#focusNext = `${trees.keyOf(neighbour)}-${control}`;
      return this.change(tree);
    }
    const [owner] = trees.ownerOf(this.tree, path);
    this.#focusNext = owner === this.tree ? "global-filter" : `${trees.keyOf(owner)}-filter`;
    return this.change(OPTIONAL_LISTS.includes(listPath.at(-1)) ? trees.set(tree, listPath, undefined) : tree);
  }

  duplicate(path) {
    const tree = trees.duplicate(this.tree, path);
    const copy = trees.get(tree, [...path.slice(0, -1), path.at(-1) + 1]);
    this.#focusNext = trees.keyOf(copy);
    this.change(tree);
  }

  addCondition(listPath, index) {
    this.#add(listPath, index, compact(rowFor("performed").blank({})));
  }

  addGroup(listPath, index) {
    this.#add(listPath, index, { match: "any", conditions: [compact(rowFor("performed").blank({}))] });
  }

  #add(listPath, index, node) {
    const row = trees.isGroup(node) ? node.conditions[0] : node;
    this.#focusNext = `${trees.keyOf(row)}-event`;
    this.change(trees.insert(this.tree, listPath, index, node));
  }

  /** A group without conditions says nothing, so the last one takes its group with it. */
  removeCondition(path) {
    const listPath = path.slice(0, -1);
    const list = trees.get(this.tree, listPath);
    if (list.length === 1 && listPath.length > 1) return this.removeCondition(listPath.slice(0, -1));
    if (list.length === 1) return this.#startOver();
    const tree = trees.remove(this.tree, path);
    const neighbour = trees.get(tree, [...listPath, Math.min(path.at(-1), list.length - 2)]);
    this.#focusNext = trees.keyOf(neighbour);
    return this.change(tree);
  }

  #startOver() {
    const row = compact(rowFor("performed").blank({}));
    this.#focusNext = `${trees.keyOf(row)}-type`;
    this.change(trees.set(this.tree, ["conditions"], [row]));
  }

  toggleMoving(key) {
    this.open.moving = key;
    this.redraw();
  }

  /** `place`: {owner, before}, keys; `control` of the moved row keeps the keyboard. */
  move(path, place, control) {
    const node = trees.get(this.tree, path);
    const tree = trees.move(this.tree, path, place);
    const at = trees.pathOf(tree, trees.keyOf(node));
    this.said = fill(this.texts.moved, { number: numberOf(at), count: trees.get(tree, at.slice(0, -1)).length });
    this.#focusNext = `${trees.keyOf(node)}-${control}`;
    this.change(tree);
  }

  wrap(path) {
    const around = trees.get(this.tree, path.slice(0, -2));
    const node = trees.get(this.tree, path);
    this.open.moving = null;
    this.#focusNext = `${trees.keyOf(node)}-grip`;
    this.change(trees.wrap(this.tree, path, around.match === "any" ? "all" : "any"));
  }

  dissolve(path) {
    const [first] = trees.get(this.tree, path).conditions;
    this.open.moving = null;
    this.#focusNext = `${trees.keyOf(first)}-grip`;
    this.change(trees.dissolve(this.tree, path));
  }

  /** Begin anew from a whole definition; undo brings back what there was. */
  take(definition) {
    this.attempted = false;
    this.#focusNext = trees.keyOf(definition.conditions[0]);
    this.change(definition);
  }

  reset() {
    this.attempted = false;
    this.#focusNext = "reset";
    this.change(this.saved);
  }

  undo() {
    this.history.undo();
    this.recount();
  }

  redo() {
    this.history.redo();
    this.recount();
  }

  /** Take the suggestion of a problem. */
  fix({ owner, rest, suggestion }) {
    const path = trees.pathOf(this.tree, owner);
    if (path === null) return;
    this.#focusNext = owner;
    this.set([...path, ...parsePath(rest)], suggestion);
  }

  // --- the dataset and the count

  async chooseDataset(dataset) {
    try {
      this.useCatalog(await this.api.catalog(dataset));
      this.dataset = dataset;
      this.recount();
    } catch (error) {
      this.#failed(error);
    }
  }

  recount(pause) {
    this.live.ask({ dataset: this.dataset, slug: this.cohort?.slug, tree: this.tree }, pause);
    this.redraw();
  }

  get body() {
    return { dataset: this.dataset, slug: this.cohort?.slug ?? null, definition: toWire(this.tree) };
  }

  #started() {
    this.counting = true;
    this.estimate = null;
  }

  #estimated(estimate) {
    if (!this.counting) return;
    this.estimate = estimate;
    this.redraw();
  }

  #answered(answer, tree) {
    this.counting = false;
    this.failure = answer.failure ?? null;
    this.answer = answer;
    this.takeProblems(answer, tree);
    this.counts = new Map();
    for (const [path, n] of Object.entries(answer.counts)) {
      const node = trees.get(tree, parsePath(path));
      if (node !== undefined) this.counts.set(trees.keyOf(node), n);
    }
    this.redraw();
  }

  takeProblems({ problems = [], warnings = [] }, tree = this.tree) {
    this.problems = [...placeProblems(tree, problems, "bad"), ...placeProblems(tree, warnings, "warn")];
  }

  #failed(error) {
    Object.assign(this, { counting: false, failure: error.message, answer: null, counts: new Map() });
    this.redraw();
  }
}
