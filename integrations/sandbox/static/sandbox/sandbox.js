// The theme button, and a search list in place of each plain cohort select.
"use strict";

function startTheme() {
  const button = document.getElementById("theme");
  button.hidden = false;
  button.addEventListener("click", () => {
    const root = document.documentElement;
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("theme", root.dataset.theme);
    } catch {
      // Without storage the choice lasts for this page.
    }
  });
}

function make(tag, attributes = {}, text = "") {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text) element.textContent = text;
  return element;
}

function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "i");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `/static/sprite.svg#${name}`);
  svg.append(use);
  return svg;
}

function startCombo(box, number) {
  const select = box.querySelector("select");
  const hint = box.dataset.placeholder;
  const listId = `values-${number}`;
  const opener = make("button", {
    type: "button", class: "input opener", "aria-haspopup": "listbox", "aria-expanded": "false",
  });
  const shown = make("span", { class: "ell" });
  opener.append(shown, icon("k-caret"));
  const pop = make("div", { class: "pop menu values", hidden: "" });
  const search = make("input", {
    class: "input", role: "combobox", "aria-expanded": "true", "aria-controls": listId,
    "aria-label": hint, "aria-autocomplete": "list", autocomplete: "off",
  });
  const label = make("div", { class: "search" });
  label.append(icon("i-search"), search);
  const list = make("div", { role: "listbox", id: listId, "aria-label": "Kubit Cohorts" });
  const none = make("p", { class: "none t2", hidden: "" }, box.dataset.none);
  pop.append(label, list, none);
  const options = [...select.options].filter((each) => each.value).map((each, place) => {
    const option = make("button", {
      type: "button", role: "option", tabindex: "-1", id: `${listId}-${place}`,
      "aria-selected": String(each.selected),
    });
    option.append(make("span", { class: "ell" }, each.text),
      make("span", { class: "push sm t2" }, each.dataset.size));
    option.addEventListener("click", () => choose(each.value));
    list.append(option);
    return option;
  });
  let active = -1;

  const visible = () => options.filter((each) => !each.hidden);
  const mark = (place) => {
    const found = visible();
    active = found.length && place >= 0 ? place % found.length : -1;
    options.forEach((each) => each.classList.toggle("is-on", each === found[active]));
    if (active >= 0) {
      search.setAttribute("aria-activedescendant", found[active].id);
      found[active].scrollIntoView({ block: "nearest" });
    } else {
      search.removeAttribute("aria-activedescendant");
    }
  };
  const narrow = () => {
    const wanted = search.value.trim().toLocaleLowerCase();
    options.forEach((each) => {
      each.hidden = !each.firstChild.textContent.toLocaleLowerCase().includes(wanted);
    });
    none.hidden = visible().length > 0;
    mark(wanted ? 0 : visible().findIndex((e) => e.getAttribute("aria-selected") === "true"));
  };
  const show = (open) => {
    pop.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
    if (open) {
      search.value = "";
      narrow();
      search.focus();
    }
  };
  const choose = (value) => {
    select.value = value;
    show(false);
    select.form.requestSubmit();
  };

  shown.textContent = select.value ? select.selectedOptions[0].text : hint;
  shown.classList.toggle("t3", !select.value);
  opener.setAttribute("aria-label", `${hint}: ${shown.textContent}`);
  opener.addEventListener("click", () => show(pop.hidden));
  search.addEventListener("input", narrow);
  search.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const count = visible().length;
      mark(event.key === "ArrowDown" ? active + 1 : (active > 0 ? active : count) - 1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (active >= 0) visible()[active].click();
    } else if (event.key === "Escape") {
      show(false);
      opener.focus();
    }
  });
  document.addEventListener("pointerdown", (event) => {
    if (!box.contains(event.target)) show(false);
  });
  box.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !box.contains(event.relatedTarget)) show(false);
  });
  box.firstElementChild.hidden = true;
  box.append(opener, pop);
}

startTheme();
document.querySelectorAll("[data-combo]").forEach(startCombo);
document.querySelectorAll("select[name=op]").forEach((select) => {
  select.addEventListener("change", () => select.form.requestSubmit());
});
