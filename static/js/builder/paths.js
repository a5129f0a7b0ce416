// Paths into a definition, written as the server writes them: `conditions[2].window.last`.

/** `conditions[2].window.last` → ["conditions", 2, "window", "last"]; "" → []. */
export function parsePath(text) {
  const keys = [];
  for (const match of text.matchAll(/\[(\d+)\]|([^.[\]]+)/g)) {
    keys.push(match[1] === undefined ? match[2] : Number(match[1]));
  }
  return keys;
}

export function formatPath(keys) {
  return keys.reduce((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text ? `${text}.${key}` : key;
  }, "");
}

/** The rest of `keys` below `parent`, or null when it lies elsewhere. */
export function below(keys, parent) {
  const inside = parent.length <= keys.length && parent.every((key, i) => key === keys[i]);
  return inside ? keys.slice(parent.length) : null;
}
