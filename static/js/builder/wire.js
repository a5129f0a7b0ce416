// The definition as the server reads it.

/** Without the sides of a date window that are still empty: there an open side is a missing key. */
export function toWire(node) {
  if (Array.isArray(node)) return node.map(toWire);
  if (node === null || typeof node !== "object") return node;
  const entries = Object.entries(node).filter(([key, value]) => !(value === null && (key === "from" || key === "to")));
  return Object.fromEntries(entries.map(([key, value]) => [key, toWire(value)]));
}

export const sameDefinition = (a, b) => JSON.stringify(toWire(a)) === JSON.stringify(toWire(b));
