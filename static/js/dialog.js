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
  // A request that started in the dialog must not fill it after it was closed.
  document.addEventListener("htmx:before:swap", (event) => {
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
