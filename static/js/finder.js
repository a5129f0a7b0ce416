// Search in the top bar (`data-finder`): "/" goes there, arrows walk the suggestions, Enter opens.
const finder = document.querySelector("[data-finder]");
const input = finder?.querySelector("input");
const list = finder?.querySelector("[role=listbox]");
const options = () => [...list.querySelectorAll("[role=option]:not([aria-disabled])")];

function show(open) {
  list.hidden = !open;
  input.setAttribute("aria-expanded", String(open));
  if (!open) choose(null);
}

function choose(option) {
  for (const each of options()) each.setAttribute("aria-selected", String(each === option));
  if (option) {
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else input.removeAttribute("aria-activedescendant");
}

function step(by) {
  const all = options();
  const at = all.findIndex((each) => each.getAttribute("aria-selected") === "true");
  // From the field itself up is the last one and down the first.
  const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by;
  choose(all[next] ?? null);
}

if (finder) {
  document.addEventListener("htmx:after:swap", (event) => {
    if (event.detail.ctx?.sourceElement === input) {
      show(input.value.trim() !== "" && list.childElementCount > 0 && document.activeElement === input);
    }
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const chosen = options().find((each) => each.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.childElementCount) show(true);
      step(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && chosen && !list.hidden) {
      event.preventDefault();
      chosen.click();
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      show(false);
    }
  });
  finder.addEventListener("focusout", (event) => {
    if (!finder.contains(event.relatedTarget)) show(false);
  });
}
