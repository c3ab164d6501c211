"use strict";

// Charts. Each is drawn anew for the width that there is; its colours are the style sheet's, dark or light.

const INK = "var(--ink)";
const MUTED = "var(--muted)";
const GRID = "var(--line)";
const NARROWEST = 240; // what a chart needs; while a page is laid out it may have less
const LETTER = 6.6; // the width of one, on average

/** A chart with its title; draw(width) returns it, label says in words what it shows. */
function figure(title, label, draw) {
  const chart = element("div", { class: "chart" });
  let width = 0;
  const redraw = () => {
    const svg = draw(width);
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
    chart.replaceChildren(svg);
  };
  new ResizeObserver(() => {
    const now = Math.max(NARROWEST, Math.floor(chart.clientWidth));
    if (now === width) return;
    width = now;
    redraw();
  }).observe(chart);
  const made = element("figure", {}, element("figcaption", {}, title), chart);
  made.redraw = () => width > 0 && redraw();
  return made;
}

/** The numbers of a chart, made once they are asked for. */
function numbers(make) {
  const made = element("details", {}, element("summary", {}, "Numbers"));
  made.addEventListener("toggle", () => made.open && made.childElementCount === 1 && made.append(make()));
  addEventListener("beforeprint", () => made.open && made.childElementCount === 1 && made.append(make()));
  made.renew = () => {
    while (made.childElementCount > 1) made.lastChild.remove();
    if (made.open) made.append(make());
  };
  return made;
}

function plot(width, options) {
  return Plot.plot({
    width,
    marginTop: 28,
    marginRight: 16,
    marginBottom: 40,
    marginLeft: 52,
    ...options,
    style: { fontFamily: "inherit", fontSize: "12px", background: "none", color: MUTED },
  });
}

function axes(x, y, width, format = {}) {
  return [
    Plot.gridY({ stroke: GRID, strokeOpacity: 1, ticks: format.y?.ticks ?? 5 }),
    Plot.axisX({ label: x, labelArrow: "none", labelAnchor: "center", tickSize: 0, ticks: Math.max(3, width / 90), ...format.x }),
    Plot.axisY({ label: y, labelArrow: "none", tickSize: 0, ticks: 5, ...format.y }),
  ];
}

function tip(data, options) {
  return Plot.tip(data, Plot.pointer({ fill: "var(--paper)", stroke: MUTED, textPadding: 10, lineHeight: 1.35, lineWidth: 26, ...options }));
}

/** A scale by powers where values differ by more than a factor. */
function scaleOf(values, factor) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const log = low > 0 && high / low > factor;
  const pad = log ? Math.pow(high / low, 0.08) : (high - low || Math.abs(high) || 1) * 0.1;
  const domain = log ? [low / pad, high * pad] : [low >= 0 ? Math.max(0, low - pad) : low - pad, high + pad];
  return { type: log ? "log" : "linear", domain };
}

/** The points that no other point of the same group beats at both; what differs by rounding only is as good. */
function paretoFront(points) {
  const beats = (a, b) => a.x <= b.x && a.y <= b.y && (less(a.x, b.x) || less(a.y, b.y));
  const less = (a, b) => b - a > 1e-6 * Math.max(Math.abs(a), Math.abs(b));
  return points.filter((point) => !points.some((other) => beats(other, point))).sort((a, b) => a.x - b.x || b.y - a.y);
}

/** Where a name may be, as anchor, dx and dy from its point: the best first. */
const SPOTS = [
  ["start", 9, 0], ["end", -9, 0], ["start", 8, -13], ["end", -8, 13], ["start", 8, 13], ["end", -8, -13], ["middle", 0, -14], ["middle", 0, 14],
];

/** What a name must not be over: points, their intervals and the lines of fronts. */
function obstacles(points, fronts, x, y) {
  const box = (x1, y1, x2, y2, by) => ({ left: Math.min(x1, x2) - by, right: Math.max(x1, x2) + by, top: Math.min(y1, y2) - by, bottom: Math.max(y1, y2) + by });
  const steps = ([a, b]) => [box(x(a.x), y(a.y), x(b.x), y(a.y), 1), box(x(b.x), y(a.y), x(b.x), y(b.y), 1)];
  return [
    ...points.map((p) => box(x(p.x), y(p.y), x(p.x), y(p.y), 5)),
    ...points.filter((p) => p.low !== undefined).map((p) => box(x(p.x), y(p.low), x(p.x), y(p.high), 1)),
    ...fronts.flatMap((front) => d3.pairs(front).flatMap(steps)),
  ];
}

/** Where names go, so that none is over another or an obstacle; else its number; else nothing. */
function placeLabels(points, taken, x, y, width, height) {
  const GAP = 3;
  const free = (box) =>
    box.left >= 54 && box.right <= width - 2 && box.top >= 0 && box.bottom <= height - 36 &&
    taken.every((t) => box.right + GAP < t.left || box.left - GAP > t.right || box.bottom < t.top || box.top > t.bottom);
  const labels = [];
  for (const point of [...points].sort((a, b) => b.front - a.front)) {
    const [px, py] = [x(point.x), y(point.y)];
    place: for (const text of [shorten(point.name, 26), `#${point.number}`]) {
      const w = text.length * LETTER;
      for (const [anchor, dx, dy] of SPOTS) {
        const left = px + dx - (anchor === "end" ? w : anchor === "middle" ? w / 2 : 0);
        const box = { left, right: left + w, top: py + dy - 7, bottom: py + dy + 7 };
        if (!free(box)) continue;
        taken.push(box);
        labels.push({ ...point, text, anchor, dx, dy });
        break place;
      }
    }
  }
  return labels;
}

function shorten(name, letters) {
  return name.length <= letters ? name : "…" + name.slice(name.length - letters + 1);
}

/** A shape of points for each group, and how it is written. */
const SHAPES = [["circle", "●"], ["diamond", "◆"], ["triangle", "▲"], ["square", "■"], ["star", "★"]];

/** L0 against a kind of damage. points: {x, y, low?, high?, name, number, colour, group, about} */
function paretoChart(width, points, label) {
  const height = Math.max(300, Math.min(420, width * 0.72));
  const byGroup = d3.groups(points, (p) => p.group);
  const fronts = byGroup.map(([, own]) => paretoFront(own));
  for (const point of points) point.front = fronts.some((front) => front.includes(point));
  const ends = points.flatMap((p) => [p.y, p.low ?? p.y, p.high ?? p.y]);
  const x = scaleOf(points.map((p) => p.x), 3);
  const y = scaleOf(ends, 10);
  const margins = { x: [52, width - 16], y: [height - 40, 28] };
  const at = (scale, range) => (scale.type === "log" ? d3.scaleLog(scale.domain, range) : d3.scaleLinear(scale.domain, range));
  const [atX, atY] = [at(x, margins.x), at(y, margins.y)];
  const labels = placeLabels(points, obstacles(points, fronts, atX, atY), atX, atY, width, height);
  const text = ([anchor, dx, dy]) =>
    Plot.text(labels.filter((l) => l.anchor === anchor && l.dy === dy), {
      x: "x", y: "y", text: "text", textAnchor: anchor, dx, dy, fill: INK, stroke: "var(--paper)", strokeWidth: 4,
    });
  return plot(width, {
    height,
    x: { ...x, label: null },
    y: { ...y, label: null },
    symbol: { domain: byGroup.map(([group]) => group), range: byGroup.map(([group]) => SHAPES[group % SHAPES.length][0]) },
    marks: [
      ...axes("L0, active latents per token", label, width, { x: ticks(x), y: ticks(y) }),
      Plot.line(fronts.flat(), { x: "x", y: "y", z: "group", curve: "step-after", stroke: INK, strokeWidth: 1.25, strokeOpacity: 0.55 }),
      Plot.ruleX(points.filter((p) => p.low !== undefined), { x: "x", y1: "low", y2: "high", stroke: "colour", strokeWidth: 1.5 }),
      Plot.dot(points, { x: "x", y: "y", symbol: "group", r: 5, fill: "colour", stroke: "var(--paper)", strokeWidth: 1 }),
      ...SPOTS.map(text),
      tip(points, { x: "x", y: "y", title: "about" }),
    ],
  });
}

/** On a scale by powers as many labels as there is room for, as plain numbers. */
function ticks(scale) {
  if (scale.type !== "log") return {};
  const [low, high] = scale.domain;
  const steps = high / low > 1000 ? [1] : high / low > 100 ? [1, 3] : high / low > 8 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 7];
  const all = d3.range(-12, 8).flatMap((power) => steps.map((s) => s * Math.pow(10, power)));
  return { ticks: all.filter((t) => t >= low && t <= high), tickFormat: (tick) => figures(tick) };
}

/** Lines, one a series, which ends with its number. points: {x, y, series, number, colour, about} */
function lineChart(width, points, options) {
  const height = Math.max(240, Math.min(340, width * 0.5));
  const values = points.map((p) => p.y);
  const y = d3.scaleLinear([Math.min(0, ...values), Math.max(0, ...values)], [height - 40, 28]).nice(5);
  return plot(width, {
    height,
    marginRight: options.ends ? 30 : 16,
    x: { label: null, ...options.xScale },
    y: { label: null, domain: y.domain() },
    marks: [
      ...axes(options.x, options.y, width, options.format),
      Plot.ruleY([0], { stroke: MUTED, strokeOpacity: 0.6 }),
      Plot.line(points, { x: "x", y: "y", z: "series", stroke: "colour", strokeWidth: 1.75, curve: options.curve ?? "linear" }),
      options.dots ? Plot.dot(points, { x: "x", y: "y", fill: "colour", r: 3.5 }) : null,
      options.ends
        ? Plot.text(lineEnds(points, y), { x: "x", y: "at", text: (p) => `#${p.number}`, dx: 6, textAnchor: "start", fill: "colour", fontWeight: 600 })
        : null,
      tip(points, { x: "x", y: "y", title: "about" }),
    ],
  });
}

/** The last point of each series, and where its label goes: none over another. */
function lineEnds(points, y) {
  const last = Array.from(d3.group(points, (p) => p.series).values(), (own) => own[own.length - 1]);
  let above = -Infinity;
  const placed = d3.sort(last, (p) => y(p.y)).map((p) => {
    above = Math.max(y(p.y), above + 13);
    return { ...p, pixel: above };
  });
  const over = Math.max(0, above - y.range()[0]);
  return placed.map((p) => ({ ...p, at: y.invert(p.pixel - over) }));
}

/** A value and its interval a row. rows: {name, number, value, low, high, colour, about} */
function intervalChart(width, rows, label) {
  const letters = Math.floor((width * 0.36) / LETTER);
  const name = (row) => `#${row.number} ${shorten(row.name, letters - `#${row.number} `.length)}`;
  const names = new Map(rows.map((row) => [row.number, name(row)]));
  return plot(width, {
    height: 56 + rows.length * 24,
    marginLeft: 12 + LETTER * Math.max(...Array.from(names.values(), (name) => name.length)),
    x: { label: null, nice: true },
    y: { label: null, domain: rows.map((row) => row.number) },
    marks: [
      Plot.gridX({ stroke: GRID, strokeOpacity: 1, ticks: Math.max(3, width / 110) }),
      Plot.axisX({ label, labelArrow: "none", labelAnchor: "center", tickSize: 0, ticks: Math.max(3, width / 110) }),
      Plot.axisY({ tickSize: 0, fill: INK, label: null, tickFormat: (number) => names.get(number) }),
      Plot.ruleX([0], { stroke: INK }),
      Plot.ruleY(rows, { y: "number", x1: "low", x2: "high", stroke: "colour", strokeWidth: 2.5 }),
      Plot.dot(rows, { y: "number", x: "value", fill: "colour", r: 4 }),
      tip(rows, { y: "number", x: "value", title: "about" }),
    ],
  });
}

/** Histograms of shares, one above the other: latents filled, what they are compared with as a line. */
function shareHistograms(width, saes, key) {
  const bars = saes.flatMap((sae) =>
    sae.kinds.flatMap((kind, k) => {
      const counts = kind.histograms[key];
      const all = d3.sum(counts);
      return counts.map((count, i) => ({
        name: sae.number, k, low: i / counts.length, high: (i + 1) / counts.length,
        share: (100 * count) / all, count, colour: sae.colour,
        about: `#${sae.number} ${sae.name}\n${kind.of}\n${figures(i / counts.length)} to ${figures((i + 1) / counts.length)}: ${count} effects`,
      }));
    }),
  );
  const highest = d3.max(bars, (b) => b.share);
  const outline = bars.filter((b) => b.k > 0).flatMap((b) => [{ ...b, x: b.low }, { ...b, x: b.high }]);
  const means = saes.flatMap((sae) =>
    sae.kinds.map((kind, k) => ({ name: sae.number, k, x: key === "sparsity" ? kind.mean : kind.row_mean, colour: sae.colour })),
  ).filter((mean) => mean.x !== undefined && mean.x !== null);
  return plot(width, {
    height: 72 + 92 * saes.length,
    insetTop: 16,
    x: { domain: [0, 1], label: null },
    y: { label: null },
    fy: { label: null, domain: saes.map((sae) => sae.number), padding: 0.15, axis: null },
    marks: [
      Plot.gridY({ stroke: GRID, strokeOpacity: 1, ticks: 2 }),
      Plot.axisX({ label: key.replace("_", " "), labelArrow: "none", labelAnchor: "center", tickSize: 0, ticks: 5 }),
      Plot.axisY({ label: "% of the effects", labelArrow: "none", tickSize: 0, ticks: 2 }),
      Plot.rectY(bars.filter((b) => b.k === 0), { fy: "name", x1: "low", x2: "high", y: "share", fill: "colour", fillOpacity: 0.65, insetRight: 0.5 }),
      Plot.line(outline, { fy: "name", x: "x", y: "share", z: "k", stroke: INK, strokeWidth: 1.25 }),
      Plot.ruleX(means, { fy: "name", x: "x", y1: 0, y2: highest, stroke: (m) => (m.k === 0 ? m.colour : INK), strokeDasharray: "5 3", strokeWidth: 1.5 }),
      Plot.text(saes, { fy: "number", frameAnchor: "top-right", text: (sae) => shorten(`#${sae.number} ${sae.name}`, Math.floor((width - 80) / LETTER)), fill: INK, dy: -2, stroke: "var(--paper)", strokeWidth: 4 }),
      tip(bars, { fy: "name", x: (b) => (b.low + b.high) / 2, y: "share", title: "about" }),
    ],
  });
}
