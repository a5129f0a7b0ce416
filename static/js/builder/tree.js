// Pure operations on a definition. Nothing is changed in place: every operation answers a
// new tree that shares the untouched parts with the old one, so undo keeps trees, not diffs.
//
// Every object of the tree has a key that survives edits of it. Rows are drawn by key, so a
// control keeps its focus while the tree around it is replaced. Keys live beside the tree,
// because the definition itself allows no key that the server does not know.

const keys = new WeakMap();
let lastKey = 0;

export function keyOf(node) {
  if (!keys.has(node)) keys.set(node, `n${(lastKey += 1)}`);
  return keys.get(node);
}

function inherit(fresh, old) {
  if (old !== null && typeof old === "object") keys.set(fresh, keyOf(old));
  return fresh;
}

export function get(tree, path) {
  return path.reduce((node, key) => (node === undefined || node === null ? undefined : node[key]), tree);
}

/** The tree with `change(value)` at `path`. `undefined` removes an object's key. */
export function update(tree, path, change) {
  if (path.length === 0) return change(tree);
  const [key, ...rest] = path;
  const old = tree ?? (typeof key === "number" ? [] : {});
  const value = update(old[key], rest, change);
  if (value === old[key]) return tree;
  if (Array.isArray(old)) {
    return inherit(old.map((item, i) => (i === key ? value : item)).concat(key === old.length ? [value] : []), old);
  }
  const fresh = { ...old, [key]: value };
  if (value === undefined) delete fresh[key];
  return inherit(fresh, old);
}

export const set = (tree, path, value) => update(tree, path, () => value);

/** Replace an object but keep its key: the same row with other contents. */
export const replace = (tree, path, value) => update(tree, path, (old) => inherit({ ...value }, old));

/** Change several keys of the object at `path`; `undefined` removes a key. */
export function merge(tree, path, changes) {
  return Object.entries(changes).reduce((next, [key, value]) => set(next, [...path, key], value), tree);
}

/** Insert `value` into the list at `path` before `index`; a missing list is made. */
export function insert(tree, path, index, value) {
  return update(tree, path, (list = []) => {
    const fresh = [...list.slice(0, index), value, ...list.slice(index)];
    return inherit(fresh, list);
  });
}

/** Remove the item at `path` (its last key is an index). */
export function remove(tree, path) {
  const index = path.at(-1);
  return update(tree, path.slice(0, -1), (list) => inherit(list.filter((_, i) => i !== index), list));
}

/** Insert a copy of the item at `path` after it. The copy is a row of its own. */
export function duplicate(tree, path) {
  return insert(tree, path.slice(0, -1), path.at(-1) + 1, structuredClone(get(tree, path)));
}

/** Without the item at `path`, and without the groups that this leaves empty. */
export function prune(tree, path) {
  const listPath = path.slice(0, -1);
  const isLast = get(tree, listPath).length === 1;
  return isLast && listPath.length > 1 ? prune(tree, listPath.slice(0, -1)) : remove(tree, path);
}

/** Take the item at `path` out and put it into the group `owner`, before the item `before` (keys;
 * null is the end). Groups that this leaves empty go. */
export function move(tree, path, { owner, before }) {
  const node = get(tree, path);
  if (before === keyOf(node)) return tree;
  const rest = prune(tree, path);
  const at = pathOf(rest, owner);
  if (at === null) return tree;
  const listPath = [...at, "conditions"];
  const list = get(rest, listPath);
  const found = list.findIndex((item) => keyOf(item) === before);
  return insert(rest, listPath, found < 0 ? list.length : found, node);
}

/** The item at `path` in a new group of its own. */
export const wrap = (tree, path, match) =>
  update(tree, path, (node) => ({ match, conditions: [node] }));

/** The conditions of the group at `path` in its place. */
export function dissolve(tree, path) {
  const index = path.at(-1);
  return update(tree, path.slice(0, -1), (list) =>
    inherit([...list.slice(0, index), ...list[index].conditions, ...list.slice(index + 1)], list),
  );
}

export const isGroup = (node) => node !== null && typeof node === "object" && Array.isArray(node.conditions);

/** Every condition and group with its path, parents before children. */
export function* walk(node, path = []) {
  for (const [i, child] of (node.conditions ?? []).entries()) {
    const at = [...path, "conditions", i];
    yield [child, at];
    if (isGroup(child)) yield* walk(child, at);
  }
}

/** The condition or group a path points at or into, with the rest of the path below it. */
export function ownerOf(tree, path) {
  let found = [tree, path];
  for (const [node, at] of walk(tree)) {
    if (at.length <= path.length && at.every((key, i) => key === path[i])) {
      found = [node, path.slice(at.length)];
    }
  }
  return found;
}

export function pathOf(tree, key) {
  if (keyOf(tree) === key) return [];
  for (const [node, at] of walk(tree)) if (keyOf(node) === key) return at;
  return null;
}

/** How many groups are nested in one another in `node`: 0 for a condition. */
export const heightOf = (node) => (isGroup(node) ? 1 + Math.max(0, ...node.conditions.map(heightOf)) : 0);

/** How deep groups are nested at `path`: 0 for the definition's own conditions. */
export const depthOf = (path) => path.filter((key) => key === "conditions").length - 1;
