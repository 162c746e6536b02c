/*
 * Runs in any browser, however old: where the page's own script has not run, shows the page that says so.
 *
 * Owns this one check, in words that such a browser understands. What else is needed, `openClient` checks.
 */
(function () {
  "use strict";
  var isLost = false;
  // A script that could not be fetched: the element tells, not the window. Of one that could not be read or run, the window does.
  window.addEventListener(
    "error",
    function (event) {
      var script = /** @type {Element | null} */ (event.target);
      if (script && script.nodeName === "SCRIPT") isLost = true;
    },
    true
  );
  // Modules run before this event, where they are known at all; the page's own says at once that it runs.
  document.addEventListener("DOMContentLoaded", function () {
    if (document.documentElement.hasAttribute("data-runs")) return;
    var page = document.getElementById(isLost ? "not-loaded" : "too-old");
    if (page) page.removeAttribute("hidden");
  });
})();
