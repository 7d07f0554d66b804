// Drop, rank without leaving the page, compare at a click. Without this file the form works all the same.
"use strict";
const form = document.getElementById("form");
if (form) {
  const zone = document.getElementById("zone");
  const input = document.getElementById("table");
  const busy = document.getElementById("busy");
  const result = document.getElementById("result");
  const compare = document.getElementById("compare");
  const buttons = form.querySelectorAll("button");

  const say = (sentence) => {
    const told = document.createElement("p");
    told.className = "error";
    told.setAttribute("role", "alert");
    told.textContent = sentence;
    result.replaceChildren(told);
  };

  const rank = async () => {
    const chosen = input.files[0];
    if (chosen && chosen.size > Number(form.dataset.maxBytes)) { say(form.dataset.tooLarge); return; } // never sent
    busy.textContent = "Ranking …";
    result.setAttribute("aria-busy", "true");
    buttons.forEach((button) => { button.disabled = true; });
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      result.replaceChildren(...page.getElementById("result").childNodes);
      result.focus();
    } catch {
      say("The page must reach its server, but it did not answer. See whether songpop serve still runs, and try again.");
    } finally {
      busy.textContent = "";
      result.removeAttribute("aria-busy");
      buttons.forEach((button) => { button.disabled = false; });
    }
  };

  form.addEventListener("submit", (event) => {
    if (event.submitter && event.submitter.hasAttribute("data-download")) return; // the browser saves what comes
    event.preventDefault();
    rank();
  });
  for (const name of ["dragenter", "dragover"]) {
    zone.addEventListener(name, (event) => { event.preventDefault(); zone.classList.add("over"); });
  }
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    if (event.dataTransfer.files.length !== 1) { say("One file must be dropped at a time."); return; }
    input.files = event.dataTransfer.files;
    rank();
  });
  if (compare) compare.addEventListener("change", () => { if (input.files.length) rank(); });
}
