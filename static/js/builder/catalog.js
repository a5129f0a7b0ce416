// Questions to the dataset's catalog and to the operator table, both printed by the server.

/** The property a filter names, or null. An exact name wins over a JSON path. */
export function findProperty(catalog, scope, name) {
  const properties = catalog[`${scope}_properties`] ?? [];
  const exact = properties.find((property) => property.name === name);
  if (exact) return exact;
  return properties.find((p) => p.type === "json" && (name ?? "").startsWith(`${p.name}.`)) ?? null;
}

/** Choices of a property picker; a JSON property also offers the paths seen in the data. */
export function propertyOptions(catalog, scopes, texts) {
  return scopes.flatMap((scope) =>
    (catalog[`${scope}_properties`] ?? []).filter(({ hidden }) => !hidden).flatMap((property) => {
      const names = [property.name, ...(property.json_paths ?? []).map((path) => `${property.name}.${path}`)];
      return names.map((name) => ({
        value: `${scope}:${name}`,
        text: name,
        hint: name === property.name ? property.label : undefined,
        tip: property.description,
        icon: scope === "user" ? "i-user" : "i-bolt",
        group: scopes.length > 1 ? texts[`${scope}_properties`] : undefined,
      }));
    }),
  );
}

const LEAF_TYPES = ["string", "number", "boolean", "time"];

/** Types a JSON leaf can be read as with the operator `key`. */
export const leafTypes = (operators, key) =>
  LEAF_TYPES.filter((type) => operators[type].some((operator) => operator.key === key));

export const operatorsFor = (operators, type) => operators[type] ?? operators.string;

/** How the values of a filter are read: the property's type, or for JSON what the value says. */
export function readType(operators, property, filter) {
  const type = property?.type ?? "string";
  if (type !== "json") return type;
  const fitting = leafTypes(operators, filter.op);
  const sample = Array.isArray(filter.value) ? filter.value[0] : filter.value;
  const said = { number: "number", boolean: "boolean" }[typeof sample] ?? "string";
  return fitting.includes(said) ? said : (fitting[0] ?? "string");
}

export const findOperator = (operators, key) =>
  Object.values(operators)
    .flat()
    .find((operator) => operator.key === key);
