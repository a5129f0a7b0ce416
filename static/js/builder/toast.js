// The shell's toast, with links to where one may want to go next.

import { toast } from "../toast.js";

export function showToast(text, links) {
  toast(text);
  const words = document.getElementById("toasts").lastElementChild.querySelector("[data-toast-text]");
  for (const [label, href] of links) {
    const link = document.createElement("a");
    Object.assign(link, { textContent: label, href });
    words.append(" ", link);
  }
}
