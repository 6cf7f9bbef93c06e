// What ipywidgets leaves out: names of sliders, for those who work without a mouse or a screen, and
// a word from a panel whose kernel is gone.
const LOST = "jupyter-widgets-disconnected";
const WORDS =
  "This panel is not connected: its kernel was restarted or has ended. Run the cell that makes the " +
  "panel again; what was written to its folder is still there.";

export default {
  render({ el }) {
    el.style.display = "none";
    let watched = null;
    const label = () => {
      for (const handle of watched.querySelectorAll(".noUi-handle:not([aria-label])")) {
        const named = handle.closest(".rk-row")?.querySelector(".widget-label");
        if (!named?.textContent) continue;
        handle.setAttribute("aria-label", named.textContent);
        handle.closest(".widget-slider, .widget-hslider")?.setAttribute("title", named.title);
      }
    };
    const connection = () => {
      const lost = watched.classList.contains(LOST);
      const said = watched.querySelector(":scope > .rk-lost");
      if (lost === Boolean(said)) return;
      for (const part of watched.children) part.inert = lost;
      if (!lost) return said.remove();
      const note = document.createElement("div");
      note.className = "rk-lost";
      note.setAttribute("role", "alert");
      note.textContent = WORDS;
      watched.prepend(note);
    };
    const content = new MutationObserver(label);
    const state = new MutationObserver(connection);
    const begin = () => {
      watched = el.closest(".rk-panel");
      if (!watched) return setTimeout(begin, 50);
      content.observe(watched, { childList: true, subtree: true });
      state.observe(watched, { attributes: true, attributeFilter: ["class"] });
      label();
      connection();
    };
    begin();
    return () => [content, state].forEach((observer) => observer.disconnect());
  },
};
