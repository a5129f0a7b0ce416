// The sidebar folds on wide screens, where that is remembered, and slides in on narrow ones.
const root = document.documentElement;
const narrow = matchMedia("(max-width: 1180px)");
const switches = () => document.querySelectorAll("[data-sidebar-switch]");

function isShown() {
  return narrow.matches ? root.dataset.drawer === "open" : root.dataset.sidebar !== "folded";
}

function announce() {
  for (const each of switches()) each.setAttribute("aria-expanded", String(isShown()));
}

function closeDrawer(focus) {
  if (root.dataset.drawer !== "open") return;
  delete root.dataset.drawer;
  announce();
  if (focus) [...switches()].find((each) => each.offsetParent)?.focus();
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-sidebar-switch]")) {
    if (narrow.matches) {
      if (isShown()) closeDrawer(true);
      else {
        root.dataset.drawer = "open";
        document.querySelector("#side a")?.focus();
      }
    } else {
      root.dataset.sidebar = isShown() ? "folded" : "shown";
      try {
        localStorage.setItem("sidebar", root.dataset.sidebar);
      } catch {
        // Storage can be blocked: the choice then lasts for this page.
      }
    }
    announce();
  } else if (!event.target.closest("#side")) closeDrawer(false);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeDrawer(true);
});
narrow.addEventListener("change", announce);
announce();
