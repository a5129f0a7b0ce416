// Lists marked `data-rows`: j and k walk the rows, x selects, o opens. A box at the top selects all.
const boxes = () => [...document.querySelectorAll("[data-rows] tbody input[type=checkbox]")];
const typing = (element) => element.closest?.("input:not([type=checkbox]), select, textarea, [contenteditable], dialog[open]");

function count() {
  const all = boxes();
  const chosen = all.filter((box) => box.checked).length;
  const every = document.querySelector("[data-check-all]");
  if (every) {
    every.checked = chosen > 0 && chosen === all.length;
    every.indeterminate = chosen > 0 && chosen < all.length;
  }
  const said = document.querySelector("[data-check-count]");
  if (said) {
    said.dataset.text ??= said.textContent;
    said.textContent = `${said.dataset.text}: ${chosen.toLocaleString(document.documentElement.lang)}`;
  }
}

function setAll(checked) {
  for (const box of boxes()) box.checked = checked;
  count();
}

let last = null;
document.addEventListener("click", (event) => {
  if (event.target.matches("[data-check-none]")) setAll(false);
  if (!event.target.matches("[data-rows] tbody input[type=checkbox]")) return;
  const all = boxes();
  const [from, to] = [all.indexOf(last), all.indexOf(event.target)].sort((a, b) => a - b);
  // Shift selects from the one before to this one.
  if (event.shiftKey && from >= 0) for (const box of all.slice(from, to + 1)) box.checked = event.target.checked;
  last = event.target;
  count();
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-check-all]")) setAll(event.target.checked);
  else if (event.target.matches("[data-rows] input")) count();
});
document.addEventListener("htmx:after:swap", () => document.querySelector("[data-rows]") && count());
// What the browser remembers of the boxes after going back is counted too.
if (document.querySelector("[data-rows]")) count();

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (!"jkxo".includes(event.key) || document.querySelector("dialog[open]")) return;
  const rows = [...document.querySelectorAll("[data-rows] tbody tr")];
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  if (event.key === "j" || event.key === "k") {
    event.preventDefault();
    const next = rows[Math.min(Math.max(at + (event.key === "j" ? 1 : -1), 0), rows.length - 1)];
    next.querySelector("a.nm, a").focus();
  } else if (at >= 0 && event.key === "x") {
    rows[at].querySelector("input[type=checkbox]")?.click();
  } else if (at >= 0 && event.key === "o") {
    rows[at].querySelector("a.nm, a").click();
  }
});
