// Keeping the keyboard where the person is.

const FOCUSABLE = "input, select, textarea, button, a[href], [tabindex]";

/**
 * Focus the element `id`, or the first field inside it that takes focus, after the grip. A control that is
 * gone ("n4-filter") gives way to its row ("n4").
 */
export function focusOn(id) {
  const element = document.getElementById(id) ?? document.getElementById(id.split("-")[0]);
  if (!element) return false;
  const target = element.matches(FOCUSABLE) ? element : [...element.querySelectorAll(FOCUSABLE)].find((e) => !e.disabled && !e.matches(".grip"));
  target?.focus();
  return Boolean(target);
}

/** A list near the right edge opens to the left, so the page never grows sideways. */
export function keepInside(root) {
  for (const list of root.querySelectorAll(".combo__list:not([hidden])")) {
    list.classList.remove("combo__list--left");
    const overflow = list.getBoundingClientRect().right > document.documentElement.clientWidth - 8;
    list.classList.toggle("combo__list--left", overflow);
  }
}
