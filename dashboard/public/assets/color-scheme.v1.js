// Runs before the first paint, so that a chosen light or dark page does not flash in the other colours.
// A file of its own, because the content security policy allows no script inside the page.
// A change of this file needs a new name: everything under /assets/ is cached for good.
(() => {
  let chosen = null;
  try {
    chosen = window.localStorage.getItem("mantine-color-scheme-value");
  } catch {
    // Storage may be forbidden; then the system decides.
  }
  const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  const scheme = chosen === "light" || chosen === "dark" ? chosen : dark ? "dark" : "light";
  document.documentElement.setAttribute("data-mantine-color-scheme", scheme);
})();
