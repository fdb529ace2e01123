// The keys and the quick way from group to group. Without this file the page works, by forms.
"use strict";

(() => {
  document.documentElement.classList.add("js");
  const live = document.getElementById("live");
  let card = 0; // the chosen card's place, from 0
  let row = -1; // the chosen field's place; -1: the head
  let busy = false;

  const main = () => document.getElementById("main");
  const csrf = () => document.querySelector('meta[name="csrf"]').content;
  const columns = () => [...document.querySelectorAll(".cards thead th.card")];
  const rows = () => [...document.querySelectorAll(".cards tbody tr")];

  function show(html, url, push) {
    const page = new DOMParser().parseFromString(html, "text/html");
    main().replaceWith(page.getElementById("main"));
    document.title = page.title;
    if (push) history.pushState(null, "", url);
    const words = ["failed", "said", "counts"].map((id) => document.getElementById(id));
    live.textContent = words.filter(Boolean).map((each) => each.textContent).join(" ");
    if (push) {
      card = 0;
      row = -1;
      window.scrollTo(0, 0);
    }
    main().focus({ preventScroll: true });
    begin();
  }

  async function ask(url, options, push = true) {
    if (busy) return;
    busy = true;
    try {
      const answer = await fetch(url, { credentials: "same-origin", ...options });
      const kind = answer.headers.get("content-type") || "";
      if (!kind.startsWith("text/html")) throw new Error(String(answer.status));
      show(await answer.text(), answer.redirected || !options ? answer.url : location.href, push);
    } catch {
      fail();
    } finally {
      busy = false;
    }
  }

  function posted(form, button) {
    const body = new URLSearchParams(new FormData(form));
    if (button && button.name) body.set(button.name, button.value);
    return { method: "POST", headers: { "X-CSRF": csrf() }, body, credentials: "same-origin" };
  }

  function send(form, button) {
    if (button && button.value === "look") return look(form, button);
    if (looking) looking.abort(); // the form itself says all that a decision needs
    return ask(form.action, posted(form, button));
  }

  // The golden card after another card stays or one is dropped. What is typed meanwhile stays.
  let looking = null;
  async function look(form, button) {
    if (looking) looking.abort();
    looking = new AbortController();
    const typed = new Map(goldens().map((input) => [input.name, input.value]));
    try {
      const answer = await fetch(form.action, { ...posted(form, button), signal: looking.signal });
      const html = await answer.text();
      if (!answer.ok) return show(html, location.href, false);
      patch(new DOMParser().parseFromString(html, "text/html"), typed);
    } catch (error) {
      if (error.name !== "AbortError") fail();
    }
  }

  function patch(page, typed) {
    const fresh = [...page.querySelectorAll(".cards tbody tr")];
    rows().forEach((line, at) => {
      const other = fresh[at];
      if (!other || other.dataset.field !== line.dataset.field) return;
      const [mine, its] = [line, other].map((each) => each.querySelector("td.golden"));
      const input = mine.querySelector('input[type="text"]');
      if (!input || input.value === typed.get(input.name)) mine.replaceWith(its);
      else mine.querySelector('input[name^="was."]').value = its.querySelector('input[name^="was."]').value;
      line.querySelectorAll("td[data-card]").forEach((cell, place) => {
        const now = other.querySelectorAll("td[data-card]")[place];
        cell.className = now.className;
        const sign = cell.querySelector(".mark");
        if (sign) sign.replaceWith(now.querySelector(".mark"));
      });
    });
    begin();
  }

  const goldens = () => [...document.querySelectorAll('.golden input[type="text"]')];

  function begin() {
    goldens().forEach(mark);
    for (const box of document.querySelectorAll('.cards input[name="in"]')) out(box);
    aim();
  }

  function out(box) {
    const own = `.cards [data-card="${CSS.escape(box.value)}"]`;
    for (const each of document.querySelectorAll(own)) each.classList.toggle("out", !box.checked);
  }

  function fail() {
    live.textContent = document.body.dataset.failed;
    let told = document.getElementById("failed");
    if (!told) {
      told = document.createElement("p");
      told.id = "failed";
      told.className = "failed";
      told.setAttribute("role", "alert");
      main().prepend(told);
    }
    told.textContent = document.body.dataset.failed;
  }

  // A golden value that is not the rules' own is shown as changed; cells are compared with it.
  function mark(input) {
    const line = input.closest("tr");
    const was = line.querySelector(`input[name="was.${CSS.escape(line.dataset.field)}"]`);
    input.classList.toggle("changed", Boolean(was) && was.value !== input.value);
    for (const take of line.querySelectorAll(".take input")) {
      const cell = take.closest("td");
      const same = take.dataset.text.trim() === input.value.trim();
      cell.classList.toggle("same", same);
      cell.classList.toggle("other", !same);
      const sign = cell.querySelector(".mark");
      if (sign) {
        sign.className = `mark ${same ? "same" : "other"}`;
        sign.firstElementChild.textContent = same ? "=" : "≠";
      }
    }
  }

  function aim() {
    const heads = columns();
    if (!heads.length) return;
    card = Math.max(0, Math.min(card, heads.length - 1));
    row = Math.max(-1, Math.min(row, rows().length - 1));
    const id = heads[card].dataset.card;
    for (const each of document.querySelectorAll(".cards [data-card]")) {
      each.classList.toggle("chosen", each.dataset.card === id);
      each.classList.remove("aimed");
    }
    const target = row < 0 ? heads[card] : rows()[row].querySelector(`[data-card="${CSS.escape(id)}"]`);
    target.classList.add("aimed");
    return target;
  }

  function move(dx, dy) {
    card += dx;
    row += dy;
    const target = aim();
    if (target) {
      target.scrollIntoView({ block: "nearest", inline: "nearest" });
      live.textContent = target.textContent.trim().replace(/\s+/g, " ");
    }
  }

  function take() {
    if (row < 0) return false;
    const found = document.querySelector(".cards .aimed .take input");
    if (found) found.click();
    return Boolean(found);
  }

  function drop() {
    const head = columns()[card];
    if (head) head.querySelector('input[name="in"]').click();
  }

  function survive(number) {
    const head = columns()[number - 1];
    if (head) head.querySelector('input[name="survivor"]').click();
  }

  function digit(number) {
    const part = document.querySelector(`[data-part="${number}"]`);
    if (part) part.click();
    else if (columns().length) survive(number);
    else return false;
    if (part) live.textContent = part.closest("label").textContent.trim() + (part.checked ? " ✓" : " ✗");
    return true;
  }

  function choose(code) {
    const found = document.querySelector(`select[data-key="${code}"]`);
    if (found) found.focus();
    return Boolean(found);
  }

  function filter(form) {
    const told = [...new FormData(form)].filter(([, value]) => value);
    const query = new URLSearchParams(told).toString();
    return ask(query ? `${form.getAttribute("action")}?${query}` : form.getAttribute("action"), undefined);
  }

  function edit() {
    const own = document.querySelector("#value textarea");
    if (own) {
      if (!own.value.trim()) own.value = own.dataset.parts;
      own.focus();
      return;
    }
    const fields = row < 0 ? [] : [...rows()[row].querySelectorAll('.golden input[type="text"]')];
    const input = fields[0] || document.querySelector('.golden input[type="text"]');
    if (input) {
      input.focus();
      input.select();
    }
  }

  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  function onKey(event) {
    const at = event.target;
    const typing = (at instanceof HTMLInputElement && ["text", "range"].includes(at.type)) ||
      at instanceof HTMLTextAreaElement || at instanceof HTMLSelectElement;
    if (event.key === "Escape" && typing) {
      at.blur();
      main().focus({ preventScroll: true });
      return;
    }
    if (event.key === "Enter" && at instanceof HTMLSelectElement) {
      event.preventDefault();
      filter(at.form);
      return;
    }
    if (typing && event.key === "Enter" && at.type === "text") {
      event.preventDefault(); // a form's first button would merge
      at.blur();
      return;
    }
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (act(event)) event.preventDefault();
  }

  function act(event) {
    const at = event.target;
    const isPlain = !(at instanceof HTMLButtonElement || at instanceof HTMLAnchorElement || at.tagName === "SUMMARY");
    if (event.key === "?" || (event.code === "Slash" && event.shiftKey)) return press('[data-key="Help"]');
    if (columns().length && moves[event.key]) return move(...moves[event.key]), true;
    if (/^Digit[1-9]$/.test(event.code)) return digit(Number(event.code.slice(5)));
    if (event.key === "Enter" && isPlain) return take() || press('[data-key="Begin"]');
    if (event.code === "KeyX") return drop(), true;
    if (event.code === "KeyE") return edit(), true;
    if (/^Key[OCF]$/.test(event.code)) return choose(event.code);
    if (/^Key[YNSUPJKQGVM]$/.test(event.code)) return press(`[data-key="${event.code}"]`);
    return false;
  }

  function press(selector) {
    const found = document.querySelector(selector);
    const target = found instanceof HTMLFormElement ? found.querySelector("button") : found;
    if (!target || target.disabled) return false;
    target.click();
    return true;
  }

  document.addEventListener("keydown", onKey);

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    event.preventDefault();
    send(form, event.submitter);
  });

  document.addEventListener("change", (event) => {
    const at = event.target;
    if (at.name === "survivor" || at.name === "in") {
      if (at.name === "in") out(at);
      const kept = at.form.querySelectorAll('input[name="in"]:checked').length;
      const button = at.form.querySelector('[data-key="Look"]');
      if (button && kept > 0) button.click();
      return;
    }
    if (at.name && at.name.startsWith("pick.")) {
      const line = at.closest("tr");
      const input = line.querySelector('.golden input[type="text"]');
      if (input) {
        input.value = at.dataset.text;
        mark(input);
      } else {
        const value = line.querySelector(".golden .value");
        if (value) value.textContent = at.dataset.text;
      }
      live.textContent = at.dataset.text;
    }
  });

  document.addEventListener("input", (event) => {
    const at = event.target;
    if (at.closest(".golden")) mark(at);
    if (at.form && at.form.id === "thresholds") count(at.form);
  });

  let waiting = null;
  function count(form) {
    if (waiting) waiting.abort();
    waiting = new AbortController();
    const url = `${form.action}?${new URLSearchParams(new FormData(form))}`;
    fetch(url, { signal: waiting.signal, credentials: "same-origin" })
      .then((answer) => answer.text())
      .then((html) => {
        const page = new DOMParser().parseFromString(html, "text/html");
        for (const id of ["tally", "lines", "in-force"]) {
          document.getElementById(id).replaceWith(page.getElementById(id));
        }
      })
      .catch(() => {});
  }

  // A list that is chosen by the mouse is shown at once; by keys, when Enter says so.
  let pointed = null;
  document.addEventListener("pointerdown", (event) => { pointed = event.target.closest("#filter select"); });
  document.addEventListener("change", (event) => {
    if (event.target === pointed) filter(pointed.form);
  });

  async function copy(button) {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
      live.textContent = button.dataset.done;
      button.textContent = button.dataset.done;
    } catch {
      getSelection().selectAllChildren(source); // where the browser forbids it, Ctrl-C does it
      source.focus();
    }
  }

  document.addEventListener("click", (event) => {
    const copying = event.target.closest("[data-copy]");
    if (copying) return void copy(copying);
    const link = event.target.closest("a");
    const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.button);
    if (!link || !isPlain || !link.dataset.key || link.target) return;
    event.preventDefault();
    ask(link.href, undefined);
  });

  window.addEventListener("popstate", () => ask(location.href, undefined, false));
  begin();
})();
