"use strict";

// Elements, numbers and tables. Text only ever becomes a text node: it comes from strangers.

/** Makes an element; of its properties those that begin with a small letter and a dash are attributes. */
function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (key === "class") made.className = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key in made && !key.includes("-")) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A number as people read it: four figures, fewer for the ends of an interval. */
function figures(value, digits = 4) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  const size = Math.abs(value);
  const text =
    size !== 0 && (size < 1e-3 || size >= 1e7)
      ? value.toExponential(2)
      : value.toLocaleString("en-US", size >= 1000 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: digits });
  return text.replace(/-/g, "−");
}

function percent(fraction) {
  return fraction === null || fraction === undefined ? "–" : (100 * fraction).toFixed(fraction < 0.1 ? 2 : 1) + "\u00a0%";
}

function intervalText(ends) {
  return ends ? `[${figures(ends[0], 3)}, ${figures(ends[1], 3)}]` : "";
}

/** A name that may go on in the next line where it has a separator. */
function breakable(name) {
  return element("span", {}, ...name.split(/(?<=[/_])/).flatMap((part) => [part, element("wbr")]));
}

/** What is absent comes last, whichever way one sorts. */
function compareBy(get, direction) {
  return (a, b) => {
    const [x, y] = [get(a), get(b)];
    const [noX, noY] = [x === null || x === undefined, y === null || y === undefined];
    if (noX || noY) return noX - noY;
    return direction * (typeof x === "string" ? x.localeCompare(y, "en", { numeric: true }) : x - y);
  };
}

let tables = 0;
const MOST_PRINTED = 200; // rows

/**
 * A table of which one page is in the document, however many rows there are; on paper are all, or the caption says that
 * it is a part.
 *
 * columns: {label, get(row), show(row)?, number?, head?, fixed?}; get is what is sorted by, show what is seen.
 * options: size of a page; search(row, text): whether it has what is looked for; detail(row): a node, or null.
 */
function table(caption, columns, rows, options = {}) {
  const size = options.size ?? 25;
  const id = `table-${++tables}`;
  const body = element("tbody");
  const status = element("span", { role: "status", class: "muted" });
  const part = element("span", { class: "part" });
  const opened = new Set();
  const heads = columns.map((column) => head(column));
  let shown = rows;
  let page = 0;
  let printing = false;
  let sorted = { column: null, direction: 1 };

  function head(column) {
    const properties = { scope: "col", class: column.number ? "number" : null };
    if (column.fixed) return element("th", properties, column.label);
    const sort = () => {
      const again = sorted.column === column;
      sorted = { column, direction: again ? -sorted.direction : 1 };
      page = 0;
      update();
    };
    return element("th", { ...properties, "aria-sort": "none" }, element("button", { type: "button", onclick: sort }, column.label));
  }

  function update() {
    heads.forEach((th, i) => {
      if (columns[i].fixed) return;
      const own = sorted.column === columns[i];
      th.setAttribute("aria-sort", !own ? "none" : sorted.direction > 0 ? "ascending" : "descending");
    });
    const text = search.value.trim().toLowerCase();
    shown = text === "" ? rows : rows.filter((row) => options.search(row, text));
    if (sorted.column !== null) shown = [...shown].sort(compareBy(sorted.column.get, sorted.direction));
    draw();
  }

  function draw() {
    const from = printing ? 0 : page * size;
    const to = Math.min(from + (printing ? MOST_PRINTED : size), shown.length);
    body.replaceChildren(...shown.slice(from, to).flatMap((row) => line(row)));
    if (shown.length === 0) {
      body.append(element("tr", {}, element("td", { colSpan: columns.length, class: "muted" }, "Nothing found.")));
    }
    const all = shown.length.toLocaleString("en-US");
    part.textContent = printing && to < shown.length ? `Only the first ${to} of ${all} rows are printed; to print others, search or sort.` : "";
    status.textContent = shown.length === 0 ? "" : `${(from + 1).toLocaleString("en-US")}–${to.toLocaleString("en-US")} of ${all}`;
    back.disabled = page === 0;
    forth.disabled = to >= shown.length;
  }

  function line(row) {
    const detail = options.detail?.(row) ?? null;
    const cells = columns.map((column) => {
      const value = column.get(row);
      const seen = column.show ? column.show(row) : column.number ? figures(value) : column.head ? breakable(String(value)) : (value ?? "–");
      const properties = { class: column.number ? "number" : null };
      return column.head ? element("th", { ...properties, scope: "row" }, seen) : element("td", properties, seen);
    });
    const made = element("tr", {}, ...cells);
    if (detail === null) return [made];
    const below = element("tr", { hidden: !opened.has(row) }, element("td", { colSpan: columns.length, class: "detail" }));
    if (opened.has(row)) below.firstChild.append(detail());
    const open = element("button", {
      type: "button",
      class: "open",
      "aria-expanded": String(opened.has(row)),
      onclick: () => {
        if (below.hidden) below.firstChild.replaceChildren(detail());
        below.hidden = !below.hidden;
        if (below.hidden) opened.delete(row);
        else opened.add(row);
        open.setAttribute("aria-expanded", String(!below.hidden));
      },
    });
    open.append(...cells[0].childNodes);
    cells[0].append(open);
    return [made, below];
  }

  const turn = (by) => () => {
    page += by;
    draw();
  };
  const back = element("button", { type: "button", onclick: turn(-1) }, "Previous");
  const forth = element("button", { type: "button", onclick: turn(1) }, "Next");
  const search = element("input", { type: "search", autocomplete: "off", spellcheck: false });
  search.addEventListener("input", () => {
    page = 0;
    update();
  });

  const print = (now) => () => {
    if (!body.isConnected || rows.length <= size) return;
    printing = now;
    draw();
  };
  addEventListener("beforeprint", print(true));
  addEventListener("afterprint", print(false));

  const tools = element("div", { class: "tools" });
  if (options.search) tools.append(element("label", {}, options.searchLabel ?? "Search", search));
  if (rows.length > size) tools.append(back, forth);
  if (options.search || rows.length > size) tools.append(status);
  draw();
  return element(
    "div",
    {},
    ...(tools.childNodes.length ? [tools] : []),
    element(
      "div",
      { class: "scroll", role: "region", tabIndex: 0, "aria-labelledby": id },
      element("table", {}, element("caption", { id }, element("span", {}, caption, " ", part)), element("thead", {}, element("tr", {}, ...heads)), body),
    ),
  );
}

/** What spells a token, so that one sees where it begins and ends and what in it cannot be seen. */
function visible(text) {
  return text
    .replace(/\n/g, "↵")
    .replace(/\t/g, "⇥")
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (control) => {
      return `<${control.charCodeAt(0).toString(16).padStart(2, "0")}>`;
    });
}

function token(text) {
  return element("span", { class: "token" }, visible(text));
}
