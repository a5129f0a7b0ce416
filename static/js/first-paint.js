// Runs before the first paint, so that neither theme nor sidebar flashes. Not a module on purpose.
(function () {
  const root = document.documentElement;
  const stored = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage can be blocked; the defaults below then hold
    }
  };
  const theme = stored("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = theme === "dark" || theme === "light" ? theme : dark ? "dark" : "light";
  root.dataset.sidebar = stored("sidebar") === "folded" ? "folded" : "shown";
  root.dataset.script = "on";
  // So that the server can write times in the reader's zone; kubit_app/reader.py reads it.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) {
    const secure = location.protocol === "https:" ? ";secure" : "";
    document.cookie = `timezone=${zone};path=/;max-age=31536000;samesite=lax${secure}`;
  }
})();
