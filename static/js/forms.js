// A form marked `data-once` is sent once, however often its button is pressed. What is marked
// `data-sending` in it is shown meanwhile.
const sent = new WeakSet();

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    if (!form.matches("[data-once]")) return;
    if (sent.has(form)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    sent.add(form);
    for (const button of form.querySelectorAll("[type=submit]")) button.setAttribute("aria-busy", "true");
    for (const note of form.querySelectorAll("[data-sending]")) note.hidden = false;
  },
  true,
);

function release(form) {
  sent.delete(form);
  for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  for (const note of form.querySelectorAll("[data-sending]")) note.hidden = true;
}

// After an answer that keeps the form (an error, no connection) it can be sent again. An answer
// that leads elsewhere keeps it closed until the new page is there.
document.addEventListener("htmx:finally:request", (event) => {
  const ctx = event.detail.ctx;
  const leads = ctx?.hx?.redirect || ctx?.hx?.refresh;
  if (ctx?.sourceElement?.matches?.("[data-once]") && !leads) release(ctx.sourceElement);
});
// A page that comes back from the browser's memory was left by such a form.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("[data-once]").forEach(release);
});
