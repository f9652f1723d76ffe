// Keeps the inbox live: waits for a change, fetches the page again and takes its list. Shows letters whole. Without it
// the page works the same, by reloading and scrolling.
"use strict";
(() => {
  const root = document.getElementById("inbox");
  const news = document.getElementById("news");
  const live = document.getElementById("live");
  const title = document.title;
  let version = root.dataset.version;

  // Times come in UTC; here they can be the reader's own.
  function localise(within) {
    const today = new Date().toDateString();
    for (const time of within.querySelectorAll("time")) {
      const at = new Date(time.dateTime);
      const clock = { hour: "2-digit", minute: "2-digit", second: "2-digit" };
      const full = at.toLocaleString(undefined, { day: "numeric", month: "short", year: "numeric", ...clock });
      const short = at.toDateString() === today ? at.toLocaleTimeString(undefined, clock)
        : at.toLocaleString(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
      time.textContent = "full" in time.dataset ? full : short;
      time.title = full;
    }
  }

  function count() {
    const unread = Number(document.getElementById("list").dataset.unread);
    document.title = unread ? `(${unread}) ${title}` : title;
  }

  // Takes the list of the fresh page, and leaves alone what the reader is at: focus, scroll, an opened question,
  // the letter.
  function take(fresh) {
    const old = document.getElementById("list");
    const list = fresh.getElementById("list");
    if (!list) return;
    const known = new Set([...old.querySelectorAll(".row")].map((row) => row.id));
    const scroll = old.scrollTop;
    const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
    const asking = old.querySelector("details.ask[open]");
    let come = 0;
    for (const row of list.querySelectorAll(".row")) {
      if (!known.has(row.id)) {
        row.classList.add("new");
        come++;
      }
    }
    if (asking) list.querySelector("details.ask")?.setAttribute("open", "");
    localise(list);
    old.replaceWith(list);
    list.scrollTop = scroll;
    if (focused) document.getElementById(focused)?.focus();
    if (come) news.textContent = come === 1 ? "A new letter has come." : `${come} new letters have come.`;
    count();
  }

  // Closes the question whether to delete, without loading the page again.
  document.addEventListener("click", (event) => {
    const asking = event.target.closest?.(".ask .button")?.closest("details");
    if (!asking) return;
    event.preventDefault();
    asking.open = false;
    asking.querySelector("summary").focus();
  });

  // Makes the frame as high as the letter in it: the page scrolls, not the frame. Without this the frame scrolls.
  function fit(frame) {
    const letter = frame.contentDocument?.documentElement;
    if (!letter) return;
    frame.style.height = "1px"; // a document is never lower than its frame
    const border = frame.offsetHeight - frame.clientHeight;
    const scrollbar = frame.contentWindow.innerHeight - letter.clientHeight; // below a letter that is too wide
    frame.style.height = `${letter.scrollHeight + border + scrollbar}px`;
  }

  function fitAll() {
    for (const frame of document.querySelectorAll("iframe.html")) fit(frame);
  }

  async function refresh() {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    take(new DOMParser().parseFromString(await answer.text(), "text/html"));
  }

  function connected(yes) {
    live.hidden = false;
    live.textContent = yes ? "live" : "offline";
    live.classList.toggle("off", !yes);
  }

  async function watch() {
    for (;;) {
      try {
        const answer = await fetch(`/inbox/changes?after=${version}`);
        if (!answer.ok) throw new Error(answer.statusText);
        const now = String((await answer.json()).version);
        if (now !== version) {
          await refresh();
          version = now;
        }
        connected(true);
      } catch {
        connected(false);
        version = ""; // what comes back may be another appliance, which counts from the beginning
        await new Promise((resolve) => setTimeout(resolve, 2000));
      }
    }
  }

  for (const frame of document.querySelectorAll("iframe.html")) frame.addEventListener("load", () => fit(frame));
  fitAll(); // one that was loaded before this script
  addEventListener("resize", fitAll);
  localise(document);
  count();
  connected(true);
  watch();
})();
