// Entries as chips (`data-chips`): Enter or a comma adds, × or Backspace removes.
// The field it was made from keeps all entries, comma separated, and is what the form sends.
const SEPARATOR = /[\s,;]+/;

function enhance(root) {
  const field = root.querySelector("input");
  const entry = field.cloneNode();
  // Where the server has drawn them already, nothing moves.
  const list = root.querySelector(".chips") ?? document.createElement("div");
  list.className = "row wrap chips";
  entry.removeAttribute("name");
  entry.value = "";
  field.type = "hidden";
  field.removeAttribute("id");
  field.removeAttribute("aria-invalid");
  root.append(entry, list);
  let entries = split(field.value);

  function commit(added) {
    entries = [...new Set([...entries, ...added])];
    draw();
  }

  function draw() {
    field.value = entries.join(", ");
    field.dispatchEvent(new Event("change", { bubbles: true }));
    list.replaceChildren(...entries.map(chip));
  }

  function chip(text, index) {
    const remove = document.createElement("button");
    remove.type = "button";
    remove.textContent = "×";
    remove.setAttribute("aria-label", `${root.dataset.removeLabel} ${text}`);
    remove.addEventListener("click", () => {
      entries.splice(index, 1);
      draw();
      entry.focus();
    });
    const item = document.createElement("span");
    item.className = "chip soft";
    if (entry.getAttribute("aria-invalid") && !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(text)) item.classList.add("invalid");
    item.append(text, remove);
    return item;
  }

  function take() {
    const added = split(entry.value);
    entry.value = "";
    if (added.length) commit(added);
  }

  entry.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const ends = event.key === "Enter" || event.key === "," || event.key === ";";
    if (ends && (entry.value.trim() || event.key !== "Enter")) {
      event.preventDefault();
      take();
    } else if (event.key === "Backspace" && !entry.value && entries.length) {
      commit((entries.pop(), []));
    }
  });
  entry.addEventListener("paste", () => setTimeout(() => SEPARATOR.test(entry.value.trim()) && take()));
  // What was typed and not confirmed belongs to the entries too.
  entry.addEventListener("blur", take);
  draw();
}

const split = (text) => text.split(SEPARATOR).filter(Boolean);

function enhanceAll(root) {
  for (const each of root.querySelectorAll("[data-chips]:not([data-ready])")) {
    each.dataset.ready = "";
    enhance(each);
  }
}

enhanceAll(document);
document.addEventListener("htmx:after:swap", () => enhanceAll(document));
