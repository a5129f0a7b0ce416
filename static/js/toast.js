// Short messages at the lower edge. They go by themselves, except those that tell of an error.
const STAY_MS = 8000;
const holder = document.getElementById("toasts");
const template = document.getElementById("toast-template");

export function toast(text, tone = "success") {
  const item = template.content.firstElementChild.cloneNode(true);
  item.classList.add(tone);
  item.querySelector("[data-toast-text]").textContent = text;
  holder.append(item);
  schedule(item);
}

function schedule(item) {
  if (item.matches(".error, .warning")) return;
  setTimeout(() => {
    // Not while somebody reads it with the pointer or the keyboard on it.
    if (item.matches(":hover, :focus-within")) schedule(item);
    else item.remove();
  }, STAY_MS);
}

if (holder) {
  for (const item of holder.querySelectorAll("[data-toast]")) schedule(item);
  holder.addEventListener("click", (event) => {
    if (event.target.closest("[data-toast-close]")) event.target.closest("[data-toast]").remove();
  });
}

// An answer that is no part of this page (an error page) is told, never put into it.
document.addEventListener("htmx:before:response", (event) => {
  const status = event.detail.ctx.response.status;
  if (status < 400 || status === 422) return;
  event.preventDefault();
  if (holder) toast(holder.dataset[`text${status}`] ?? holder.dataset.textOther, "error");
});

document.addEventListener("htmx:error", () => {
  if (holder) toast(holder.dataset.textOffline, "error");
});
