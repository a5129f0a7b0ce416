// The sample as a CSV file, made from the table that is on the page.

/** A spreadsheet must not take a cell for a formula. */
const inert = (text) => (/^[=+\-@\t\r]/.test(text) && !/^-?[\d.,]+$/.test(text) && text !== "-" ? `'${text}` : text);

const cell = (text) => `"${inert(text.trim().replace(/\s+/g, " ")).replaceAll('"', '""')}"`;

const headers = (table) =>
  [...table.tHead.rows[0].cells].map((th) => {
    const words = th.querySelector(".sample__column > span:first-child") ?? th;
    return [...words.childNodes].map((node) => node.textContent.trim()).join(" ");
  });

export function saveTable(table, filename) {
  const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].map(({ textContent }) => textContent));
  const lines = [headers(table), ...rows].map((row) => row.map(cell).join(","));
  // The mark tells spreadsheets that the text is UTF-8.
  const url = URL.createObjectURL(new Blob(["\ufeff", lines.join("\r\n"), "\r\n"], { type: "text/csv" }));
  Object.assign(document.createElement("a"), { href: url, download: filename }).click();
  URL.revokeObjectURL(url);
}
