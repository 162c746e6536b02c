/*
 * Runs in any browser, however old: where it knows no ES modules, shows the page that says so.
 *
 * Owns this one check, in words that such a browser understands. What else is needed, `openClient` checks.
 */
(function () {
  "use strict";
  if ("noModule" in document.createElement("script")) return;
  document.addEventListener("DOMContentLoaded", function () {
    var page = document.getElementById("too-old");
    if (page) page.removeAttribute("hidden");
  });
})();
