// What ipywidgets leaves out for those who work without a mouse or a screen: the name of a slider.
export default {
  render({ el }) {
    el.style.display = "none";
    let watched = null;
    const label = () => {
      if (!watched) return;
      for (const handle of watched.querySelectorAll(".noUi-handle:not([aria-label])")) {
        const named = handle.closest(".rk-row")?.querySelector(".widget-label");
        if (!named?.textContent) continue;
        handle.setAttribute("aria-label", named.textContent);
        handle.closest(".widget-slider, .widget-hslider")?.setAttribute("title", named.title);
      }
    };
    const observer = new MutationObserver(label);
    const begin = () => {
      watched = el.closest(".rk-panel");
      if (!watched) return setTimeout(begin, 50);
      observer.observe(watched, { childList: true, subtree: true });
      label();
    };
    begin();
    return () => observer.disconnect();
  },
};
