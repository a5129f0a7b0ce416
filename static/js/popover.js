// Popovers under their icon (`data-popover`) and menus (`<details data-menu>`).
// Opened by press, closed by Esc, by a second press, or by a press elsewhere.
const shown = () => document.querySelector("[data-popover][aria-expanded=true]");
const bubble = (opener) => opener.nextElementSibling;

function hide(opener, { focus = false } = {}) {
  if (!opener) return;
  opener.setAttribute("aria-expanded", "false");
  bubble(opener).hidden = true;
  if (focus) opener.focus();
}

function show(opener) {
  opener.setAttribute("aria-expanded", "true");
  const pop = bubble(opener);
  pop.hidden = false;
  pop.classList.toggle("above", pop.getBoundingClientRect().bottom > document.documentElement.scrollHeight);
  pop.focus({ preventScroll: true });
}

document.addEventListener("htmx:config:request", (event) => {
  const opener = event.target.closest?.("[data-popover]");
  if (!opener) return;
  const open = shown();
  hide(open);
  if (open === opener) event.preventDefault();
});

document.addEventListener("htmx:after:swap", (event) => {
  const opener = event.detail.ctx?.sourceElement;
  if (opener?.matches?.("[data-popover]")) show(opener);
});

document.addEventListener("click", (event) => {
  const opener = shown();
  if (opener && !bubble(opener).contains(event.target) && !opener.contains(event.target)) hide(opener);
  for (const menu of document.querySelectorAll("[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === " " && event.target.matches?.("a[role=button]")) {
    event.preventDefault();
    event.target.click();
  }
  if (event.key !== "Escape") return;
  hide(shown(), { focus: true });
  const menu = document.querySelector("[data-menu][open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// Tabbing out of a popover closes it: what is behind it must not be reached under it.
document.addEventListener("focusout", (event) => {
  const opener = shown();
  if (!opener || !bubble(opener).contains(event.target) || !event.relatedTarget) return;
  if (!bubble(opener).contains(event.relatedTarget) && event.relatedTarget !== opener) hide(opener);
});
