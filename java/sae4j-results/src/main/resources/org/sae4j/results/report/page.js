"use strict";

// What is on the page, section by section; a section of which nothing is known goes.

const report = JSON.parse(document.getElementById("report").textContent);
const COLOURS = 8;
const saes = report.saes.map((sae, i) => ({ ...sae, index: i }));
const evaluated = saes.filter((sae) => sae.eval);
const drawn = new Map(); // the index of an SAE → the number of its colour
const redraws = [];

function section(id, ...children) {
  const place = document.getElementById(id);
  if (children.length === 0) place.remove();
  else place.append(...children);
}

/** Draws a chart now, and again whenever other SAEs are to be drawn. */
function changing(made) {
  redraws.push(() => (made.redraw ?? made.renew)());
  return made;
}

function colour(sae) {
  return drawn.has(sae.index) ? `var(--s${drawn.get(sae.index)})` : "var(--rest)";
}

function inOrder() {
  return saes.filter((sae) => drawn.has(sae.index));
}

function drawMore(sae) {
  const used = new Set(drawn.values());
  drawn.set(sae.index, d3.range(COLOURS).find((c) => !used.has(c)));
}

function title(sae) {
  return `#${sae.number} ${sae.name}`;
}

function plural(count, thing) {
  return `${count.toLocaleString("en-US")} ${thing}${count === 1 ? "" : "s"}`;
}

function distinct(values) {
  return [...new Set(values)].filter((value) => value !== "" && value !== undefined);
}

function damage(key) {
  return evaluated
    .filter((sae) => Number.isFinite(sae.eval[key]) && Number.isFinite(sae.eval.l0))
    .map((sae) => {
      const ends = sae.eval.ci95[key];
      return {
        x: sae.eval.l0, y: sae.eval[key], low: ends?.[0] ?? undefined, high: ends?.[1] ?? undefined,
        name: sae.name, number: sae.number, group: sae.group, index: sae.index, colour: colour(sae),
        about: `${title(sae)}\nL0 ${figures(sae.eval.l0)}\n${NAMES[key]} ${figures(sae.eval[key])} ${intervalText(ends)}\n${sae.hook}`,
      };
    });
}

const NAMES = {
  kl: "KL", delta_ce: "ΔCE", l0: "L0", explained_variance: "Explained var.", ce_loss_score: "CE score",
  kl_score: "KL score", top1_agreement: "Top-1 same", dead_fraction: "Dead", tokens: "Tokens",
};

function onFront(key) {
  return new Set(d3.groups(damage(key), (p) => p.group).flatMap(([, own]) => paretoFront(own).map((p) => p.index)));
}

const fronts = { kl: onFront("kl"), delta_ce: onFront("delta_ce") };

function frontText(sae) {
  return Object.keys(fronts).filter((key) => fronts[key].has(sae.index)).map((key) => NAMES[key]).join(", ") || null;
}

// ---- the beginning

function start() {
  const facts = [
    ["SAEs", saes.length.toLocaleString("en-US")],
    ["Model", distinct(report.groups.map((g) => g.model)).join(", ")],
    ["Activation", distinct(saes.map((sae) => sae.hook)).join(", ")],
    ["Input", distinct(report.groups.map((g) => `${g.input}, ${plural(g.tokens, "token")}`)).join("; ")],
  ];
  document.getElementById("facts").append(
    ...facts.filter(([, value]) => value).map(([key, value]) => element("div", {}, element("dt", {}, key), element("dd", {}, value))),
  );
  const summary = document.getElementById("summary");
  const best = [...evaluated].filter((sae) => Number.isFinite(sae.eval.kl)).sort((a, b) => a.eval.kl - b.eval.kl)[0];
  if (best && evaluated.length > 1) {
    const ends = best.eval.ci95.kl;
    summary.append(
      element("p", {},
        `${title(best)} changes the model’s predictions least: KL ${figures(best.eval.kl)}${ends ? " " + intervalText(ends) : ""} with ${figures(best.eval.l0)} active latents per token. ` +
        `${fronts.kl.size} of ${evaluated.length} SAEs are the best for their sparsity.`),
    );
  }
  for (const note of report.notes.filter((n) => n.first)) {
    summary.append(element("p", { class: "warning" }, `${note.about}: ${note.text}.`));
  }
  const warnings = report.notes.filter((note) => note.warning).length;
  if (warnings > 0) {
    summary.append(element("p", { class: "warning" }, `${plural(warnings, "warning")} about these numbers: `, element("a", { href: "#notes" }, "read them first"), "."));
  }
}

// ---- all SAEs

function valueColumn(key, show = figures) {
  return {
    label: NAMES[key],
    number: true,
    get: (sae) => sae.eval?.[key] ?? null,
    show: (sae) => {
      const ends = sae.eval?.ci95[key];
      const cell = element("span", {}, show(sae.eval?.[key] ?? null));
      if (ends) cell.append(element("span", { class: "interval" }, `[${show(ends[0], 3)}, ${show(ends[1], 3)}]`));
      return cell;
    },
  };
}

function tick(sae) {
  const box = element("input", { type: "checkbox", checked: drawn.has(sae.index), "aria-label": `draw ${title(sae)}` });
  const show = () => {
    box.disabled = !box.checked && drawn.size >= COLOURS;
    box.style.setProperty("--own", colour(sae));
  };
  box.addEventListener("change", () => {
    if (box.checked) drawMore(sae);
    else drawn.delete(sae.index);
    redraws.forEach((redraw) => redraw());
  });
  redraws.push(() => box.isConnected && show());
  show();
  return box;
}

function kind(sae) {
  const about = sae.about ?? {};
  return [about.format, about.activation, about.k && `k = ${about.k}`, about.d_sae && `${about.d_sae.toLocaleString("en-US")} latents`]
    .filter(Boolean)
    .join(", ");
}

function overview() {
  const columns = [
    { label: "Draw", fixed: true, get: () => null, show: tick },
    { label: "#", number: true, get: (sae) => sae.number },
    {
      label: "SAE", head: true, get: (sae) => sae.name,
      show: (sae) => element("span", { title: sae.path }, breakable(sae.name), element("span", { class: "interval" }, kind(sae))),
    },
    { label: "Activation", get: (sae) => sae.hook },
    valueColumn("l0"),
    valueColumn("kl"),
    valueColumn("delta_ce"),
    { label: "Front", number: true, get: frontText, show: (sae) => frontText(sae) ?? "–" },
    valueColumn("ce_loss_score"),
    valueColumn("explained_variance"),
    valueColumn("top1_agreement", percent),
    valueColumn("dead_fraction", percent),
    valueColumn("tokens"),
  ];
  const alike = { Activation: (sae) => sae.hook, Tokens: (sae) => sae.eval?.tokens }; // at the top, if all have one
  const any = (column) => !(column.label in alike) || distinct(saes.map(alike[column.label])).length > 1;
  const known = (column) => !column.number || saes.some((sae) => column.get(sae) !== null);
  const meaning = "ΔCE: positive is worse. CE score: 1 is as good as the clean model, 0 as bad as zeros. Front: best for its sparsity. ";
  if (evaluated.length === 0) document.querySelector("#saes p").remove();
  section("saes", table(`${plural(saes.length, "SAE")}. ${evaluated.length > 0 ? meaning : ""}Up to ${COLOURS} are drawn.`,
    columns.filter(any).filter(known), saes, { size: 20, search: saes.length > 20 ? (sae, text) => `${sae.path} ${kind(sae)} ${sae.hook}`.toLowerCase().includes(text) : null, searchLabel: "Search SAEs" }));
}

// ---- charts of all or of what is ticked

function pareto() {
  const keys = Object.keys(fronts).filter((key) => damage(key).length > 0);
  if (keys.length === 0) return section("front");
  const charts = keys.map((key) =>
    changing(figure(`L0 against ${NAMES[key]}`, `${plural(damage(key).length, "SAE")} by L0 and ${NAMES[key]}; the numbers are in the table below.`,
      (width) => paretoChart(width, damage(key), `${NAMES[key]}, nats`))),
  );
  const ends = (key, i) => ({ label: `${NAMES[key]} ${i ? "high" : "low"}`, number: true, get: (sae) => sae.eval.ci95[key]?.[i] ?? null });
  const columns = [
    { label: "#", number: true, get: (sae) => sae.number },
    { label: "SAE", head: true, get: (sae) => sae.name },
    { label: "L0", number: true, get: (sae) => sae.eval.l0 ?? null },
    ...keys.flatMap((key) => [
      { label: NAMES[key], number: true, get: (sae) => sae.eval[key] ?? null },
      ...(evaluated.some((sae) => sae.eval.ci95[key]) ? [ends(key, 0), ends(key, 1)] : []),
      { label: `On ${NAMES[key]}’s front`, get: (sae) => (fronts[key].has(sae.index) ? "yes" : "no") },
    ]),
  ];
  section("front", groupLegend(), element("div", { class: "pair" }, ...charts), numbers(() => table("L0 against KL and ΔCE, 95 % intervals", columns, evaluated)));
}

/** Which shape is which model, input and activation; nothing if there is one of each. */
function groupLegend() {
  const groups = report.groups.map((group, i) => ({ ...group, i })).filter(({ i }) => evaluated.some((sae) => sae.group === i));
  if (groups.length < 2) return "";
  const differ = (key) => distinct(groups.map((group) => group[key])).length > 1;
  const name = (group) => ["hook", "model", "input"].filter((key) => differ(key)).map((key) => group[key]).join(", ") || `${group.tokens} tokens`;
  return element("div", {},
    element("p", {}, `SAEs of different models, inputs or activations cannot be compared, so there are ${groups.length} lines.`),
    element("ul", { class: "legend", "aria-label": "Shapes" }, ...groups.map((group) => element("li", {}, `${SHAPES[group.i % SHAPES.length][1]} ${name(group)}`))));
}

/** Two charts of lines beside each other, their table below. */
function lines(id, what, keys, points, options, label, caption) {
  const present = keys.filter((key) => evaluated.some((sae) => points(sae, key).length > 0));
  if (present.length === 0) return section(id);
  const all = (key) =>
    inOrder().filter((sae) => sae.eval).flatMap((sae) =>
      points(sae, key).map((p) => ({
        ...p, series: sae.index, number: sae.number, colour: colour(sae),
        about: `${title(sae)}\n${label(p)}\n${NAMES[key] ?? what} ${figures(p.y)}`,
      })),
    );
  const charts = present.map((key) =>
    changing(figure(`${NAMES[key] ?? what} ${options.by}`, `One line per SAE ticked above: ${NAMES[key] ?? what} ${options.by}; the numbers are in the table below.`,
      (width) => lineChart(width, all(key), { ...options, y: options.y ?? `${NAMES[key]}, nats`, zero: key === "delta_ce" }))),
  );
  const make = () => {
    const bySae = present.flatMap((key) => inOrder().filter((sae) => sae.eval).map((sae) => ({ key, sae, values: new Map(points(sae, key).map((p) => [p.x, p.y])) })));
    const rows = [...new Map(present.flatMap((key) => all(key)).map((p) => [p.x, p])).values()].sort((a, b) => a.x - b.x);
    return table(caption, [
      { label: options.column, head: true, get: (p) => p.x, show: (p) => label(p) },
      ...bySae.map(({ key, sae, values }) => ({ label: `#${sae.number} ${NAMES[key] ?? ""}`, number: true, get: (p) => values.get(p.x) ?? null })),
    ], rows);
  };
  section(id, legend(), element("div", { class: present.length > 1 ? "pair" : "" }, ...charts), changing(numbers(make)));
}

/** Which colour is which SAE. */
function legend() {
  const made = element("ul", { class: "legend", "aria-label": "Colours" });
  made.redraw = () =>
    made.replaceChildren(...inOrder().map((sae) => {
      const swatch = element("span", { class: "swatch" });
      swatch.style.background = colour(sae);
      return element("li", {}, swatch, title(sae));
    }));
  made.redraw();
  return changing(made);
}

function byPosition() {
  const points = (sae, key) => (sae.eval[`${key}_by_position`] ?? []).map((y, x) => ({ x, y })).filter((p) => p.y !== null);
  lines("positions", "", ["kl", "delta_ce"], points, { by: "by position", x: "position", column: "Position", ends: true },
    (p) => `position ${p.x}`, "Means at each position");
}

function powerText(value) {
  return "10" + String(Math.round(value * 100) / 100).replace(/./g, (c) => ({ "-": "⁻", ".": "·" })[c] ?? "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]);
}

/** An axis of powers of ten with a label at each, as wide as it has to be for all points. */
function powers(points) {
  const [low, high] = [Math.floor(d3.min(points, (p) => p.x) ?? -1), Math.ceil(d3.max(points, (p) => p.x) ?? 0)];
  return { xScale: { domain: [low, high] }, format: { x: { tickFormat: powerText, ticks: d3.range(low, high + 1) } } };
}

function byFrequency() {
  const points = (sae, key) =>
    sae.eval.by_token_frequency
      .filter((f) => Number.isFinite(f[key]) && f.from > 0 && f.to > 0)
      .map((f) => ({ x: (Math.log10(f.from) + Math.log10(f.to)) / 2, y: f[key], from: f.from, to: f.to, tokens: f.tokens }));
  lines("frequency", "", ["kl", "delta_ce"], points,
    { by: "by frequency", x: "relative frequency of the next token", column: "Frequency", dots: true, ends: true, ...powers(evaluated.flatMap((sae) => points(sae, "kl"))) },
    (p) => `${figures(p.from)} to ${figures(p.to)}${p.tokens ? `, ${plural(p.tokens, "token")}` : ""}`, "Means over the tokens of each decade of frequency");
}

function densities() {
  const first = (density) => density.counts.findIndex((count) => count > 0);
  const points = (sae) => {
    const density = sae.eval.density;
    if (!density || first(density) < 0) return [];
    return density.counts
      .map((y, i) => ({ x: density.log10_edges[i], to: density.log10_edges[i + 1], y }))
      .slice(Math.max(0, first(density) - 1))
      .concat({ x: density.log10_edges.at(-1), y: 0 });
  };
  lines("density", "Latents", ["density"], points,
    { by: "by density", x: "share of the tokens", y: "latents", column: "Density", curve: "step-after", ...powers(evaluated.flatMap(points)) },
    (p) => (p.to === undefined ? `${powerText(p.x)} and above` : `${powerText(p.x)} to ${powerText(p.to)}`), "Latents by density");
  const place = document.getElementById("density");
  const dead = evaluated.filter((sae) => sae.eval.density?.dead !== undefined);
  if (dead.length === 0) return;
  const shown = numbers(() => table("Latents that never fire", [
    { label: "#", number: true, get: (sae) => sae.number },
    { label: "SAE", head: true, get: (sae) => sae.name },
    { label: "Never fire", number: true, get: (sae) => sae.eval.density.dead },
    { label: "Of", number: true, get: (sae) => sae.about?.d_sae ?? null },
    { label: "Tokens", number: true, get: (sae) => sae.eval.tokens ?? null },
  ], dead));
  shown.firstChild.textContent = "Latents that never fire";
  place?.append(shown);
}

// ---- ablation

function ablation() {
  const ablated = saes.filter((sae) => sae.ablation);
  if (ablated.length === 0) return section("ablation");
  const rows = ablated.flatMap((sae) => sae.ablation.map((kind) => ({ sae, ...kind })));
  const known = (key) => rows.some((row) => Number.isFinite(row[key]));
  const column = (label, key) => ({ label, number: true, get: (row) => row[key] ?? null });
  const columns = [
    { label: "#", number: true, get: (row) => row.sae.number },
    { label: "SAE", head: true, get: (row) => row.sae.name },
    { label: "Of", get: (row) => row.of },
    {
      label: "Sparsity", number: true, get: (row) => row.mean ?? null,
      show: (row) => element("span", {}, figures(row.mean), row.ci95 ? element("span", { class: "interval" }, intervalText(row.ci95)) : ""),
    },
    column("Median", "median"), column("Row sparsity", "row_mean"), column("Effects", "pairs"), column("Below noise", "below_noise"), column("Skipped", "skipped"),
  ].filter((c) => c.head || c.label === "Of" || c.label === "#" || rows.some((row) => c.get(row) !== null));
  const content = [];
  if (rows.some((row) => row.histograms)) {
    const now = () => {
      const ticked = ablated.filter((sae) => drawn.has(sae.index));
      return (ticked.length > 0 ? ticked : ablated.slice(0, COLOURS))
        .map((sae) => ({ number: sae.number, name: sae.name, colour: colour(sae), kinds: sae.ablation.filter((kind) => kind.histograms) }))
        .filter((sae) => sae.kinds.length > 0);
    };
    const future = rows.find((row) => row.future)?.future;
    const names = { sparsity: future ? `All ${future} positions together` : "All positions together", row_sparsity: "Each position by itself" };
    content.push(
      element("ul", { class: "legend", "aria-label": "Shapes" },
        element("li", {}, element("span", { class: "swatch" }), `${rows[0].of}, filled`),
        ...(rows.some((row) => row.of !== rows[0].of) ? [element("li", {}, element("span", { class: "swatch outline" }), "as many channels per token, outlined")] : [])),
      element("div", { class: "pair" }, ...Object.keys(names).map((key) =>
        changing(figure(names[key], `Histograms of ${key.replace("_", " ")}; the means are in the table below.`, (width) => shareHistograms(width, now(), key))))),
    );
  }
  section("ablation", ...content, table("Means over effects above the noise, 95 % intervals by bootstrap", columns, rows));
}

// ---- differences

function paired() {
  if (report.paired.length === 0) return section("paired");
  const keys = ["kl", "delta_ce", "explained_variance"].filter((key) => report.paired.some((pair) => pair[key]));
  const involved = saes.filter((sae) => report.paired.some((pair) => pair.a === sae.index || pair.b === sae.index));
  const best = [...involved].sort((a, b) => (a.eval?.kl ?? Infinity) - (b.eval?.kl ?? Infinity))[0];
  const MOST = 40;
  const choice = element("select", {}, ...involved.map((sae) => element("option", { value: sae.index, selected: sae === best }, title(sae))));
  const rows = (key) => {
    const base = Number(choice.value);
    return report.paired
      .filter((pair) => pair[key] && (pair.a === base || pair.b === base))
      .map((pair) => {
        const sign = pair.b === base ? 1 : -1;
        const other = saes[pair.b === base ? pair.a : pair.b];
        const value = sign * pair[key].difference;
        const [low, high] = (pair[key].ci95 ?? [value, value]).map((end) => sign * end).sort((a, b) => a - b);
        const apart = low > 0 || high < 0;
        return {
          name: other.name, number: other.number, value, low, high, colour: apart ? "var(--accent)" : "var(--rest)",
          about: `${title(other)}\n− ${title(saes[base])}\n${NAMES[key]} ${figures(value)} ${intervalText([low, high])}`,
        };
      })
      .sort((a, b) => a.value - b.value)
      .slice(0, MOST);
  };
  const charts = keys.slice(0, 2).map((key) =>
    figure(`Difference in ${NAMES[key]}`, `Differences in ${NAMES[key]} with 95 % intervals; the numbers are in the table below.`,
      (width) => intervalChart(width, rows(key), `${NAMES[key]}, nats; left of 0 is better`)));
  choice.addEventListener("change", () => charts.forEach((chart) => chart.redraw()));
  const columns = [
    { label: "A", head: true, get: (pair) => title(saes[pair.a]) },
    { label: "B", get: (pair) => title(saes[pair.b]) },
    ...keys.flatMap((key) => [
      { label: `${NAMES[key]}, A − B`, number: true, get: (pair) => pair[key]?.difference ?? null },
      { label: "low", number: true, get: (pair) => pair[key]?.ci95?.[0] ?? null },
      { label: "high", number: true, get: (pair) => pair[key]?.ci95?.[1] ?? null },
    ]),
  ];
  section("paired", element("div", { class: "tools" }, element("label", {}, "Compared with", choice)),
    involved.length - 1 > MOST ? element("p", { class: "muted" }, `Only the ${MOST} lowest of ${involved.length - 1} are drawn.`) : "",
    element("div", { class: "pair" }, ...charts),
    numbers(() => table("Differences on the same tokens, 95 % intervals", columns, report.paired, { search: (pair, text) => `${title(saes[pair.a])} ${title(saes[pair.b])}`.toLowerCase().includes(text) })));
}

// ---- latents

/** Those of which most is known first, else by number. */
function latentRows(data) {
  const [ablated, shown] = [data.ablated, data.shown];
  const ids = data.fires ? d3.range(data.fires.length) : [...new Set([...Object.keys(ablated), ...Object.keys(shown)].map(Number))].sort((a, b) => a - b);
  const known = (row) => (row.own ? 2 : 0) + (row.pairs ? 1 : 0);
  const rows = ids.map((latent) => {
    const own = shown[latent];
    // Counts are of the run that has the contexts, if one has.
    const fires = own?.fires ?? data.fires?.[latent] ?? null;
    const [pairs, sparsity, row, kl] = ablated[latent] ?? [null, null, null, null];
    const density = own?.density ?? (data.fires && data.tokens ? data.fires[latent] / data.tokens : null);
    return { latent, fires, density, highest: own?.max_activation ?? null, pairs, sparsity, row, kl, own };
  });
  return rows.sort((a, b) => known(b) - known(a));
}

function tokens(list) {
  return element("span", { class: "words" }, ...list.slice(0, 5).map(([text]) => token(text)));
}

/** What one sees of a latent: where it is strongest, and which tokens it speaks for and against. */
function latentDetail(row) {
  const made = element("div", {});
  if (row.own.contexts.length > 0) {
    made.append(element("h3", {}, "Strongest contexts"), element("ol", { class: "contexts" }, ...row.own.contexts.map(([sequence, position, activation, before, at, after]) =>
      element("li", {},
        element("span", { class: "muted", title: `sequence ${sequence}, position ${position}` }, figures(activation)),
        element("span", {}, visible(before), element("mark", {}, visible(at)), visible(after))))));
  }
  for (const [name, list] of [["Promoted", row.own.promoted], ["Suppressed", row.own.suppressed]]) {
    if (list.length > 0) {
      made.append(element("h3", {}, name), element("p", {}, ...list.flatMap(([text, logit]) => [token(text), element("span", { class: "muted" }, `${figures(logit)}  `)])));
    }
  }
  return made;
}

function latentTable(sae) {
  const data = JSON.parse(document.getElementById(`latents-${sae.index}`).textContent);
  const rows = latentRows(data);
  const texts = new Map();
  const textOf = (row) => {
    if (!texts.has(row.latent)) {
      const own = row.own;
      const words = own ? [...own.promoted, ...own.suppressed].map(([text]) => text).concat(own.contexts.map((c) => c.slice(3).join(""))) : [];
      texts.set(row.latent, words.join("\n").toLowerCase());
    }
    return texts.get(row.latent);
  };
  const search = (row, text) => String(row.latent) === text || textOf(row).includes(text);
  const column = (label, key, show) => ({ label, number: true, get: (row) => row[key], show: show && ((row) => show(row[key])) });
  const columns = [
    { label: "Latent", head: true, number: true, get: (row) => row.latent, show: (row) => String(row.latent) },
    column("Fires", "fires"), column("Density", "density"), column("Highest", "highest"), column("Effects", "pairs"),
    column("Sparsity", "sparsity"), column("Row sparsity", "row"), column("KL", "kl"),
    { label: "Promoted", fixed: true, get: (row) => row.own?.promoted.length || null, show: (row) => (row.own ? tokens(row.own.promoted) : "") },
    { label: "Suppressed", fixed: true, get: (row) => row.own?.suppressed.length || null, show: (row) => (row.own ? tokens(row.own.suppressed) : "") },
  ].filter((c) => rows.some((row) => c.get(row) !== null && c.get(row) !== undefined));
  const parts = rows.some((row) => row.fires !== null) ? ["Fires: at how many tokens the latent is active. Density: that as a share of all tokens."] : [];
  if (data.fires && data.shown_of) parts.push(`Both are of ${data.shown_of} where contexts are shown, else of the evaluation’s ${plural(data.tokens, "token")}.`);
  if (rows.some((row) => row.pairs !== null)) parts.push("Sparsity, row sparsity and KL: means over the ablations of this latent.");
  return table(`${plural(rows.length, "latent")} of ${title(sae)}. ${parts.join(" ")}`, columns, rows, {
    size: 25,
    search,
    searchLabel: "A latent’s number, or text to find",
    detail: (row) => (row.own && row.own.contexts.length + row.own.promoted.length + row.own.suppressed.length > 0 ? () => latentDetail(row) : null),
  });
}

function latents() {
  const known = saes.filter((sae) => document.getElementById(`latents-${sae.index}`));
  if (known.length === 0) return section("latents");
  const place = element("div", {});
  const choice = element("select", {}, ...known.map((sae) => element("option", { value: sae.index }, title(sae))));
  const richest = known.find((sae) => document.getElementById(`latents-${sae.index}`).textContent.includes('"contexts"')) ?? known[0];
  choice.value = richest.index;
  const show = () => place.replaceChildren(latentTable(saes[Number(choice.value)]));
  choice.addEventListener("change", show);
  section("latents", element("div", { class: "tools" }, element("label", {}, "SAE", choice)), place);
  show();
}

// ---- the end

function notes() {
  if (report.notes.length === 0) return section("notes");
  const columns = [
    { label: "Kind", get: (note) => (note.warning ? "warning" : "note") },
    { label: "About", head: true, get: (note) => note.about },
    { label: "What", get: (note) => note.text },
  ];
  section("notes", table("What was assumed because a file does not say it, and what makes numbers doubtful", columns, [...report.notes].sort((a, b) => b.warning - a.warning)));
}

function keys(object) {
  return element("dl", { class: "keys" }, ...Object.entries(object).flatMap(([key, value]) => [element("dt", {}, key), element("dd", {}, value)]));
}

function provenance() {
  const columns = [
    { label: "Kind", get: (input) => input.kind },
    { label: "Path", head: true, get: (input) => input.path },
    { label: "Shape", fixed: true, get: (input) => Object.entries(input.shape).map(([key, value]) => `${key} ${value}`).join(", ") },
    { label: "SHA-256", fixed: true, get: (input) => input.sha256, show: (input) => element("code", {}, input.sha256) },
  ];
  section("provenance", ...report.documents.map((doc) => {
    const made = element("details", {}, element("summary", {}, `${doc.file}, by sae4j ${doc.command} ${doc.engine.version ?? ""}`));
    const fill = () => {
      if (made.childElementCount > 1) return;
      made.append(keys({ "SHA-256": doc.sha256, ...doc.engine, ...doc.options }), table(`Inputs of ${doc.file}`, columns, doc.inputs));
    };
    made.addEventListener("toggle", fill);
    return made;
  }));
}

function contents() {
  document.getElementById("contents").append(
    ...[...document.querySelectorAll("main > section")].map((part) => element("a", { href: `#${part.id}` }, part.dataset.short)),
  );
}

/** What is drawn at first: all if there is room, else the best for their sparsity, from the sparsest to the densest. */
function drawFirst() {
  const best = saes.filter((sae) => fronts.kl.has(sae.index)).sort((a, b) => a.eval.l0 - b.eval.l0);
  const from = saes.length <= COLOURS || best.length === 0 ? saes : best;
  const count = Math.min(COLOURS, from.length);
  const chosen = d3.range(count).map((i) => from[Math.round((i * (from.length - 1)) / Math.max(1, count - 1))]);
  chosen.sort((a, b) => a.index - b.index).forEach(drawMore);
}

drawFirst();
[start, overview, pareto, byPosition, byFrequency, densities, ablation, paired, latents, notes, provenance, contents].forEach((part) => part());
