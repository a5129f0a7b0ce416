// A short message after an action, in the shell's toast with links of our own.

export function showToast(text, links = []) {
  const template = document.getElementById("toast-template");
  const toast = template.content.cloneNode(true).firstElementChild;
  const words = toast.querySelector("[data-toast-text]");
  words.textContent = text;
  for (const [label, href] of links) {
    const link = document.createElement("a");
    Object.assign(link, { textContent: label, href });
    words.append(" ", link);
  }
  document.getElementById("toasts").append(toast);
}
