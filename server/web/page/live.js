// Sends forms without leaving the page, which works without it too: a form is sent once, a line that is slow or broken
// is told of, and what was typed stays until it has arrived. What a form does on the server is done once however often
// it is sent, so that whoever got no answer can try again.
"use strict";

if (!document.documentElement.dataset.begun) {
  document.documentElement.dataset.begun = "yes"; // this file is run again with every page that it shows
  const slowAfter = 8000, givenUpAfter = 60000; // milliseconds
  const draftName = "postern-draft ", draftLife = 24 * 3600 * 1000;
  const here = () => location.pathname + location.search;
  const words = document.body.dataset;
  let shown = here();

  // Says how it stands, under the button of a form. Screen readers hear of it.
  const say = (form, text, tone) => {
    let state = form.querySelector(".state");
    if (!state && !text) return;
    if (!state) {
      state = document.createElement("p");
      state.setAttribute("role", "status");
      form.append(state);
    }
    state.className = `state ${tone}`;
    state.textContent = text;
    state.hidden = !text;
  };

  // Shows the page that a form was answered with, in place of this one.
  const show = (response, html) => {
    const next = new DOMParser().parseFromString(html, "text/html");
    document.title = next.title;
    document.documentElement.lang = next.documentElement.lang;
    document.body.className = next.body.className;
    Object.assign(words, next.body.dataset);
    document.body.replaceChildren(...next.body.childNodes);
    if (response.redirected) history.pushState(null, "", response.url);
    shown = here();
    for (const { src } of next.querySelectorAll("script[src]")) {
      const script = document.createElement("script");
      script.src = src;
      document.head.append(script);
    }
    begin();
    const target = document.querySelector("main [autofocus]") ?? document.querySelector("h1");
    if (!target) return;
    if (target.matches("h1")) target.tabIndex = -1;
    target.focus({ preventScroll: true });
    if (target.matches("h1")) scrollTo(0, 0); else target.scrollIntoView({ block: "center" });
  };

  const send = async (form) => {
    const button = form.querySelector("button");
    const name = button.dataset.name ??= button.textContent;
    const given = new AbortController();
    const timers = [
      setTimeout(() => say(form, words.slow, "plain"), slowAfter),
      setTimeout(() => given.abort(), givenUpAfter),
    ];
    form.setAttribute("aria-busy", "true");
    button.setAttribute("aria-disabled", "true");
    button.textContent = words.sending;
    say(form, words.sending, "unseen");
    try {
      const response = await fetch(form.action, {
        method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "text/html" },
        signal: given.signal,
      });
      const html = await response.text();
      if (response.status < 500) {
        if (response.ok) forget(form);
        show(response, html);
        return;
      }
      const told = new DOMParser().parseFromString(html, "text/html").querySelector("main");
      const texts = [...told?.querySelectorAll("h1, p") ?? []].slice(0, 2).map((e) => e.textContent);
      say(form, texts.join(". ") || words.broken, "wrong");
    } catch {
      say(form, navigator.onLine ? words.broken : words.offline, "wrong");
    } finally {
      timers.forEach(clearTimeout);
    }
    form.removeAttribute("aria-busy");
    button.removeAttribute("aria-disabled");
    button.textContent = words.again;
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches(".act")) drop(() => true); // whoever signs out leaves nothing
    if (!form.matches("[data-live]")) return;
    event.preventDefault();
    if (!form.hasAttribute("aria-busy")) send(form);
  });

  // A page that was shown in place has no document of its own to go back to. Leaving for a place within it is no going
  // back.
  addEventListener("popstate", () => { if (here() !== shown) location.reload(); });

  // A line that is gone is told of before somebody tries: where they type, or at any form where there is nothing to
  // type.
  const online = () => {
    const forms = [...document.querySelectorAll("form[data-live]:not([aria-busy])")];
    const typed = forms.filter((form) => form.querySelector(".field"));
    const told = navigator.onLine || !typed.length ? forms : typed;
    for (const form of told) say(form, navigator.onLine ? "" : words.offline, "wrong");
  };
  addEventListener("online", online);
  addEventListener("offline", online);

  // What was typed into a form that wants it is kept in this browser until it has arrived, for a day, and till signing
  // out: the way to the mailbox and back, or a page that the phone has thrown away, must not cost it.
  const store = (act) => { try { return act(localStorage); } catch { return undefined; } }; // may be forbidden, or full
  const fields = (form) => [...form.elements].filter((e) => e.name && e.type !== "hidden");
  const drop = (which) => store((kept) => {
    for (const name of Object.keys(kept)) if (name.startsWith(draftName) && which(name)) kept.removeItem(name);
  });
  const forget = (form) => drop((name) => name === draftName + form.dataset.keep);
  const keep = (form) => store((kept) => {
    const typed = fields(form).filter((e) => e.type !== "radio" || e.checked).map((e) => [e.name, e.value]);
    kept.setItem(draftName + form.dataset.keep, JSON.stringify({ at: Date.now(), typed }));
  });
  const restore = (form) => store((kept) => {
    const draft = JSON.parse(kept.getItem(draftName + form.dataset.keep));
    const isEmpty = fields(form).every((e) => e.type === "radio" ? e.checked === e.defaultChecked : !e.value);
    if (!draft || !isEmpty) return;
    for (const [name, value] of draft.typed) {
      for (const e of fields(form).filter((e) => e.name === name)) {
        if (e.type === "radio") e.checked = e.value === value; else e.value = value;
        e.dispatchEvent(new Event("input")); // for what counts
      }
    }
    if (draft.typed.some(([name, value]) => value && form.elements[name]?.type !== undefined)) {
      form.closest("details")?.setAttribute("open", "");
    }
  });
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form?.dataset.keep) keep(form);
  });

  const begin = () => {
    drop((name) => store((kept) => Date.now() - JSON.parse(kept.getItem(name)).at > draftLife) ?? true);
    document.querySelectorAll("form[data-keep]").forEach(restore);
    online();
  };
  begin();
}
