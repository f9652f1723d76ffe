// Makes typing easier: a button that shows a password, and a count of what is typed. The pages work without it.
"use strict";

// Shows a password while its button is pressed in. It is hidden again before it is sent, so that no browser keeps it
// as a text that was typed.
for (const input of document.querySelectorAll("input[data-show]")) {
  const button = document.createElement("button");
  const label = input.labels[0].textContent;
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? input.dataset.hide : input.dataset.show;
    button.setAttribute("aria-label", `${button.textContent}: ${label}`);
  };
  button.type = "button";
  button.className = "show";
  button.addEventListener("click", () => show(input.type === "password"));
  input.form.addEventListener("submit", () => show(false));
  show(false);
  input.after(button);
}

// Counts characters as the server does, by code points. A screen reader hears of it once typing rests.
for (const input of document.querySelectorAll("[data-count]")) {
  const limit = Number(input.dataset.limit);
  const least = !("most" in input.dataset);
  const seen = document.createElement("p");
  const heard = document.createElement("p");
  let rest;
  seen.className = "count";
  seen.setAttribute("aria-hidden", "true");
  heard.className = "unseen";
  heard.setAttribute("role", "status");
  const count = () => {
    const typed = [...input.value.normalize("NFC")].length;
    const text = input.dataset.count.replace("{count}", typed).replace("{limit}", limit);
    seen.textContent = text;
    seen.hidden = typed === 0;
    seen.classList.toggle("enough", least && typed >= limit);
    seen.classList.toggle("over", !least && typed > limit);
    clearTimeout(rest);
    rest = setTimeout(() => { heard.textContent = typed ? text : ""; }, 1000);
  };
  input.addEventListener("input", count);
  count();
  (input.closest(".entry") ?? input).after(seen, heard);
}
