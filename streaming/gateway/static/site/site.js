// Suggestions beneath the search box, from the API. Without this script the form searches all the same.
// The pattern is that of a combobox with a list (WAI-ARIA 1.2): focus stays in the box, arrows choose, Enter goes there.

const form = document.querySelector("form.search");
const box = form.querySelector("input");
const list = form.querySelector("ul");
const said = form.querySelector("[role=status]");
const WAIT_MS = 120; // shorter than between two keys of most people, so that a word is asked for once
let asking = null;
let waiting = 0;
let chosen = -1;

function drawn(row) {
  const art = document.createElement("span");
  art.className = `art hue-${row.content_id[0]}`;
  const letters = document.createElement("span");
  letters.ariaHidden = "true";
  letters.textContent = row.title.split(/\s+/).slice(0, 2).map((word) => [...word][0] ?? "").join("").toUpperCase();
  art.append(letters);
  if (row.thumbnail_url) {
    const picture = document.createElement("img");
    picture.alt = "";
    picture.src = row.thumbnail_url;
    art.append(picture);
  }
  return art;
}

function item(row, place) {
  const line = document.createElement("li");
  line.id = `suggestion-${place}`;
  line.role = "option";
  line.dataset.address = form.dataset.title + row.content_id;
  const text = document.createElement("span");
  const name = document.createElement("span");
  name.className = "name";
  name.textContent = row.title;
  if (row.languages.title) name.lang = row.languages.title;
  const facts = document.createElement("span");
  facts.className = "facts";
  facts.textContent = [row.content_type, row.year].filter(Boolean).join(" · ");
  text.append(name, facts);
  line.append(drawn(row), text);
  return line;
}

function choose(place) {
  const lines = [...list.children];
  chosen = lines.length ? (place + lines.length) % lines.length : -1;
  lines.forEach((line, at) => line.setAttribute("aria-selected", String(at === chosen)));
  if (chosen < 0) {
    box.removeAttribute("aria-activedescendant");
  } else {
    box.setAttribute("aria-activedescendant", lines[chosen].id);
    lines[chosen].scrollIntoView({ block: "nearest" });
  }
}

function close() {
  clearTimeout(waiting);
  asking?.abort();
  list.hidden = true;
  chosen = -1;
  box.setAttribute("aria-expanded", "false");
  box.removeAttribute("aria-activedescendant");
}

function show(rows) {
  list.replaceChildren(...rows.map(item));
  chosen = -1;
  list.hidden = rows.length === 0;
  box.setAttribute("aria-expanded", String(rows.length > 0));
  box.removeAttribute("aria-activedescendant");
  said.textContent = rows.length ? `${rows.length} suggestions, arrow keys choose one.` : "No suggestions.";
}

async function ask() {
  asking?.abort();
  const typed = box.value.trim();
  if (!typed) {
    close();
    return;
  }
  asking = new AbortController();
  try {
    const answer = await fetch(`${form.dataset.suggest}?q=${encodeURIComponent(typed)}`, { signal: asking.signal });
    if (answer.ok) show((await answer.json()).results);
    else close();
  } catch (failure) {
    if (failure.name !== "AbortError") close(); // the server is away; the form still says so when it is sent
  }
}

box.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(ask, WAIT_MS);
});

box.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !list.hidden) {
    event.preventDefault();
    close();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (list.hidden) ask();
    else choose(event.key === "ArrowDown" ? chosen + 1 : chosen < 0 ? -1 : chosen - 1);
  } else if (event.key === "Enter" && chosen >= 0 && !list.hidden) {
    event.preventDefault();
    location.assign(list.children[chosen].dataset.address);
  }
});

list.addEventListener("mousedown", (event) => event.preventDefault()); // the box keeps the focus
list.addEventListener("click", (event) => {
  const line = event.target.closest("li");
  if (line) location.assign(line.dataset.address);
});
box.addEventListener("blur", close);

// A picture that does not come leaves the drawn one to be seen. `error` does not bubble, so it is caught on its way down.
const unsightly = (picture) => picture.closest(".art") && picture.remove();
document.addEventListener("error", (event) => event.target instanceof HTMLImageElement && unsightly(event.target), true);
for (const picture of document.images) if (picture.complete && !picture.naturalWidth) unsightly(picture);
