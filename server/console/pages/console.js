// Makes a token easier to take: a button that copies it. The page works without it.
"use strict";

for (const code of document.querySelectorAll("[data-copy]")) {
  const button = document.createElement("button");
  const heard = document.createElement("span");
  button.type = "button";
  button.className = "second";
  button.textContent = "Copy";
  heard.className = "unseen";
  heard.setAttribute("role", "status");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = "Copied";
    heard.textContent = "Copied";
  });
  if (navigator.clipboard) {
    code.after(button, heard);
  }
}
