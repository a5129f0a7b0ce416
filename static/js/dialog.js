// The one dialog of a page: filled by htmx, opened when it is filled, emptied when it closes.
// Native showModal keeps the focus inside and gives it back to the opener.
const dialog = document.getElementById("dialog");

function open() {
  if (!dialog.open) dialog.showModal();
  const wrong = dialog.querySelector("[aria-invalid=true]");
  const alert = dialog.querySelector("[role=alert]");
  if (wrong) wrong.focus();
  else if (alert) {
    alert.tabIndex = -1;
    alert.focus();
  }
}

if (dialog) {
  document.addEventListener("htmx:before:swap", (event) => {
    // htmx carries attributes over by id, and the size of a resized text area is an inline style,
    // which the page's policy refuses.
    for (const sized of dialog.querySelectorAll("[style]")) sized.removeAttribute("style");
    // A request that started in the dialog must not fill it after it was closed.
    const source = event.detail.ctx?.sourceElement;
    if (event.detail.ctx?.target === dialog && source && !source.isConnected) event.preventDefault();
  });
  document.addEventListener("htmx:after:swap", (event) => {
    if (event.detail.ctx?.target === dialog && dialog.childElementCount) open();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target.closest("[data-dialog-close]")) dialog.close();
  });
  dialog.addEventListener("close", () => dialog.replaceChildren());
}
