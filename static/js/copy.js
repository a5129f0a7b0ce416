// A button `data-copy="id"` copies the text of that element, and says so for a moment.
const SHOWN = 2000;

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const label = button.querySelector("span");
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
  } catch {
    // Without a secure address there is no clipboard: mark the text for Ctrl+C instead.
    getSelection().selectAllChildren(source);
    return;
  }
  button.dataset.label ??= label.textContent;
  label.textContent = button.dataset.copied;
  setTimeout(() => (label.textContent = button.dataset.label), SHOWN);
});
