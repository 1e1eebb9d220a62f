"use strict";
(function () {
  var form = document.getElementById("filter");
  if (!form) { return; }
  var cases = Array.prototype.slice.call(document.querySelectorAll(".case"));
  var groups = Array.prototype.slice.call(document.querySelectorAll(".group"));
  var text = form.querySelector("input[type=search]");
  var shown = document.getElementById("shown");

  function apply() {
    var wanted = text.value.toLowerCase().trim();
    var verdicts = {};
    form.querySelectorAll("input[type=checkbox]").forEach(function (box) { verdicts[box.value] = box.checked; });
    var count = 0;
    cases.forEach(function (item) {
      var fits = verdicts[item.dataset.verdict] !== false &&
        (!wanted || item.firstElementChild.textContent.toLowerCase().indexOf(wanted) >= 0);
      item.hidden = !fits;
      if (fits) { count += 1; }
    });
    groups.forEach(function (group) { group.hidden = !group.querySelector(".case:not([hidden])"); });
    shown.textContent = count + " of " + cases.length;
  }

  function reveal() {
    var target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) { return; }
    if (target.tagName === "DETAILS") {
      if (target.hidden) { form.reset(); apply(); }
      target.open = true;
    }
    target.scrollIntoView();
  }

  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  window.addEventListener("hashchange", reveal);
  apply();
  if (location.hash) { reveal(); }
})();
