// What moves on the page: tables that sort, deltas, pictures, edits and curves. Large parts are read when they come into view.
"use strict";
const at = (id) => document.getElementById(id);
const read = (name) => JSON.parse(at(name).textContent);
const COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#7F7F7F"]; // Okabe and Ito's
const DASHES = ["solid", "dash", "dot", "dashdot"];
const LIMIT = 40; // gray levels of the full colour of a difference

// 1. Dark and light
const root = document.documentElement;
if (matchMedia("(prefers-color-scheme: dark)").matches) root.classList.add("dark");
at("theme").onclick = () => root.classList.toggle("dark");

// 2. Libraries, run once when they are first asked for
let plotly = null;
function withPlotly() {
  if (!plotly) {
    const script = document.createElement("script");
    script.text = at("plotly").textContent;
    document.head.append(script);
    plotly = window.Plotly;
  }
  return plotly;
}
let tables = null;
function withTables() {
  tables ??= import(URL.createObjectURL(new Blob([at("datatables").textContent], { type: "text/javascript" })));
  return tables.then((module) => module.default);
}
function whenSeen(element, start) {
  const watcher = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) { watcher.disconnect(); start(); }
  }, { rootMargin: "200px" });
  watcher.observe(element);
}

// 3. Tables
function sortable(element, options) {
  return withTables().then((DataTable) => new DataTable(element, { paging: false, info: false, order: [], autoWidth: false, ...options }));
}
for (const table of document.querySelectorAll("table.sortable")) whenSeen(table, () => sortable(table, {}));
for (const details of document.querySelectorAll("details.values")) {
  details.addEventListener("toggle", () => {
    const place = details.querySelector("div");
    if (!details.open || place.childElementCount) return;
    const values = read("values-" + details.dataset.table), table = document.createElement("table");
    place.append(table);
    sortable(table, {
      data: values.rows,
      columns: values.columns.map((title) => ({ title, defaultContent: "", render: (value, kind) => kind === "display" && typeof value === "number" ? String(Number(value.toPrecision(4))) : value })),
      paging: true, pageLength: 25, info: true, deferRender: true,
    });
  });
}

// 4. Sheets of pictures
const loaded = new Map();
function picture(sheet) {
  if (!loaded.has(sheet.src)) {
    const image = new Image();
    loaded.set(sheet.src, new Promise((done) => { image.onload = () => done(image); image.src = sheet.src; }));
  }
  return loaded.get(sheet.src);
}
const part = (sheet, place) => [(place % sheet.columns) * sheet.width, Math.floor(place / sheet.columns) * sheet.height, sheet.width, sheet.height];
function canvasOf(width, height, scale, name) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  canvas.style.width = width * scale + "px";
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", name);
  return canvas;
}
function framed(canvas, caption) {
  const figure = document.createElement("figure"), text = document.createElement("figcaption");
  text.textContent = caption;
  figure.append(canvas, text);
  return figure;
}
function options(select, names, chosen) {
  select.replaceChildren(...names.map((name, place) => new Option(name, place, false, place === chosen)));
}

// 5. Delta explorer
function explorer() {
  const data = read("explorer-data"), slider = at("explorer-delta"), names = Object.keys(data.datasets);
  options(at("explorer-dataset"), names, 0);
  slider.max = data.deltas.length - 1;
  slider.value = data.deltas.indexOf(Math.max(...data.deltas.filter((delta) => delta <= 0.1)));
  const checkpoints = () => data.datasets[names[at("explorer-dataset").value]];
  const chosen = () => checkpoints().filter((_, place) => at("explorer-choice").querySelectorAll("input")[place].checked);
  const nearest = (deltas, delta) => deltas.reduce((best, value, place) => Math.abs(value - delta) < Math.abs(deltas[best] - delta) ? place : best, 0);
  const signed = (delta) => (delta > 0 ? "+" : "") + (Number.isInteger(100 * delta) ? delta.toFixed(2) : String(delta));
  function offer() {
    at("explorer-choice").replaceChildren(...checkpoints().map((checkpoint) => {
      const label = document.createElement("label"), box = document.createElement("input");
      Object.assign(box, { type: "checkbox", checked: checkpoint.swept, onchange: show });
      label.append(box, checkpoint.title);
      return label;
    }));
    show();
  }
  async function show() {
    const delta = data.deltas[slider.value], shown = chosen();
    at("explorer-value").textContent = signed(delta);
    slider.setAttribute("aria-valuetext", signed(delta));
    const blocks = await Promise.all(shown.map(async (checkpoint) => {
      const line = nearest(checkpoint.deltas, delta), sheet = checkpoint.sheet, across = Math.min(3, sheet.columns);
      const down = Math.ceil(sheet.columns / across), image = await picture(sheet);
      const sampled = checkpoint.deltas[line] === delta ? `delta ${signed(delta)}` : `not sampled here: delta ${signed(checkpoint.deltas[line])}`;
      const canvas = canvasOf(across * sheet.width, down * sheet.height, 2, `${checkpoint.title}, ${sampled}`);
      for (let noise = 0; noise < sheet.columns; noise++) {
        canvas.getContext("2d").drawImage(image, ...part(sheet, line * sheet.columns + noise),
          (noise % across) * sheet.width, Math.floor(noise / across) * sheet.height, sheet.width, sheet.height);
      }
      canvas.dataset.delta = checkpoint.deltas[line];
      return framed(canvas, `${checkpoint.title} (${sampled})`);
    }));
    at("explorer-blocks").replaceChildren(...blocks);
    means(shown, delta);
    distances(shown, delta);
  }
  function means(shown, delta) {
    const all = checkpoints().flatMap((one) => one.means.flatMap((values, line) => values.flatMap((value, step) => [value - one.spreads[line][step], value + one.spreads[line][step]])));
    const lines = shown.flatMap((one) => {
      const place = checkpoints().indexOf(one), line = nearest(one.deltas, delta), steps = one.means[line].map((_, step) => step), colour = COLOURS[place % COLOURS.length];
      const edge = (sign) => one.means[line].map((value, step) => value + sign * one.spreads[line][step]);
      return [
        { x: [...steps, ...steps.slice().reverse()], y: [...edge(1), ...edge(-1).reverse()], fill: "toself", line: { width: 0 }, fillcolor: colour + "33", hoverinfo: "skip", showlegend: false, mode: "lines" },
        { x: steps, y: one.means[line], name: `${one.title} (${one.n} images)`, mode: "lines", line: { color: colour, dash: DASHES[place % 4], width: 2 } },
      ];
    });
    withPlotly().react(at("explorer-means"), lines, layout("reverse step", "mean of all latents ± s.d. over images", { range: [Math.min(...all), Math.max(...all)] }), CONFIG);
  }
  function distances(shown, delta) {
    const found = shown.filter((one) => one.distances.length);
    at("explorer-distances").hidden = !found.length;
    if (!found.length) return;
    const kinds = [...new Set(found[0].distances.map((row) => `${row.metric.toUpperCase()}, ${row.extractor}`))].filter((kind) => kind.startsWith("KID") || !found[0].distances.some((row) => row.metric === "kid"));
    const lines = kinds.flatMap((kind, panel) => found.map((one) => {
      const place = checkpoints().indexOf(one), rows = one.distances.filter((row) => `${row.metric.toUpperCase()}, ${row.extractor}` === kind).sort((a, b) => a.delta - b.delta);
      return {
        x: rows.map((row) => row.delta), y: rows.map((row) => row.value), name: one.title, showlegend: panel === 0, mode: "lines+markers",
        xaxis: "x" + (panel + 1), yaxis: "y" + (panel + 1), line: { color: COLOURS[place % COLOURS.length], dash: DASHES[place % 4] },
        error_y: { type: "data", symmetric: false, array: rows.map((row) => row.high - row.value), arrayminus: rows.map((row) => row.value - row.low) },
      };
    }));
    const plan = { margin: { t: 20, r: 20 }, legend: { orientation: "h", y: -0.25 }, grid: { rows: 1, columns: kinds.length, pattern: "independent" }, shapes: [] };
    kinds.forEach((kind, panel) => {
      plan["xaxis" + (panel + 1)] = { title: { text: "delta at sampling" } };
      plan["yaxis" + (panel + 1)] = { title: { text: kind }, rangemode: "tozero" };
      plan.shapes.push({ type: "line", xref: "x" + (panel + 1), yref: `y${panel + 1} domain`, x0: delta, x1: delta, y0: 0, y1: 1, line: { color: "#555", dash: "dot" } });
    });
    withPlotly().react(at("explorer-distances"), lines, plan, CONFIG);
  }
  at("explorer-dataset").onchange = offer;
  slider.oninput = show;
  offer();
}
const CONFIG = { displaylogo: false, responsive: true };
const layout = (x, y, yaxis) => ({ margin: { t: 20, r: 20 }, legend: { orientation: "h", y: -0.25 }, xaxis: { title: { text: x } }, yaxis: { title: { text: y }, ...yaxis } });

// 6. Pictures of cells
let showSamples = null;
function samples() {
  const data = read("samples-data"), sets = [...new Set(data.cells.map((cell) => cell.dataset))];
  let offered = [];
  function offer(left, right) {
    const dataset = sets[at("samples-dataset").value];
    offered = [...data.real, ...data.cells].filter((cell) => cell.dataset === dataset);
    options(at("samples-left"), offered.map((cell) => cell.title), left);
    options(at("samples-right"), offered.map((cell) => cell.title), right);
    show();
  }
  function show() {
    for (const side of ["left", "right"]) {
      const cell = offered[at("samples-" + side).value], shown = cell.sheet.count;
      at(`samples-${side}-picture`).src = cell.sheet.src;
      at(`samples-${side}-picture`).alt = `${shown} pictures of ${cell.title}, ${cell.dataset}`;
      at(`samples-${side}-caption`).textContent = shown < cell.of ? `${shown} of ${cell.of} pictures, as many of every seed` : `All ${cell.of} pictures`;
    }
  }
  options(at("samples-dataset"), sets, 0);
  at("samples-dataset").onchange = () => offer(0, Math.min(1, offered.length - 1));
  at("samples-left").onchange = at("samples-right").onchange = show;
  showSamples = (place) => {
    const cell = data.cells[place];
    at("samples-dataset").value = sets.indexOf(cell.dataset);
    const among = [...data.real, ...data.cells].filter((other) => other.dataset === cell.dataset);
    offer(0, among.indexOf(cell));
  };
  offer(0, data.real.length && data.cells.length > 1 ? 1 : 0);
}
document.addEventListener("click", (event) => {
  const asked = event.target.closest("[data-samples]");
  if (!asked) return;
  if (!showSamples) samples();
  showSamples(Number(asked.dataset.samples));
  at("samples").scrollIntoView();
  at("samples-right").focus({ preventScroll: true });
});

// 7. Edits
function edits() {
  const data = read("edits-data"), names = Object.keys(data), amount = at("edits-amount"), wipe = at("edits-wipe");
  let blinking = null, wiped = null;
  at("edits-limit").textContent = LIMIT;
  const task = () => data[names[at("edits-task").value]];
  function offer() {
    options(at("edits-cell"), task().cells.map((cell) => cell.title), Math.min(1, task().cells.length - 1));
    options(at("edits-style"), task().styles, task().styles.length - 1);
    options(at("edits-request"), task().requests, 0);
    amount.max = task().amounts.length - 1;
    show();
  }
  async function pixels(sheet, place, gray) {
    const canvas = canvasOf(sheet.width, sheet.height, 1, ""), context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(await picture(sheet), ...part(sheet, place), 0, 0, sheet.width, sheet.height);
    return { canvas, values: gray ? grays(context.getImageData(0, 0, sheet.width, sheet.height).data) : null };
  }
  const grays = (data) => Array.from({ length: data.length / 4 }, (_, i) => (data[4 * i] + data[4 * i + 1] + data[4 * i + 2]) / 3);
  function difference(from, to, width, height, name) {
    const canvas = canvasOf(width, height, 3, name), context = canvas.getContext("2d"), image = context.createImageData(width, height);
    to.forEach((value, i) => {
      const change = Math.max(-1, Math.min(1, (value - from[i]) / LIMIT)), full = change < 0 ? [94, 60, 153] : [230, 97, 1];
      full.forEach((level, channel) => { image.data[4 * i + channel] = 247 + Math.abs(change) * (level - 247); });
      image.data[4 * i + 3] = 255;
    });
    context.putImageData(image, 0, 0);
    return canvas;
  }
  function scaled(canvas, name) {
    canvas.style.width = canvas.width * 3 + "px";
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", name);
    return canvas;
  }
  async function show(event) {
    const one = task(), cell = one.cells[at("edits-cell").value], request = Number(at("edits-request").value), own = one.amounts.indexOf(1);
    const swept = cell.swept.indexOf(request), byAmount = event?.target === amount;
    amount.disabled = swept < 0 || !cell.sweep || own < 0;
    if (byAmount) { at("edits-style").value = one.styles.length - 1; at("edits-output").value = "changed"; } else amount.value = Math.max(own, 0);
    const style = Number(at("edits-style").value), output = at("edits-output").value;
    const sheet = byAmount ? cell.sweep : cell[output];
    const place = byAmount ? Number(amount.value) * cell.swept.length + swept : style * one.requests.length + request;
    const multiple = byAmount ? one.amounts[amount.value] : 1;
    at("edits-amount-value").textContent = `${multiple} x its own`;
    amount.setAttribute("aria-valuetext", `${multiple} times the edit's own`);
    at("edits-asked").textContent = one.requests[request] + (one.requests.length < one.of ? ` (${one.requests.length} of ${one.of} requests are on this page)` : "");
    const source = await pixels(one.source, request, true), result = await pixels(sheet, place, true);
    const { width, height } = source.canvas, figures = [
      framed(scaled(source.canvas, "source"), "source"),
      framed(scaled(result.canvas, "result"), `result (${output})`),
      framed(difference(source.values, result.values, width, height, "result minus source"), "result − source"),
    ];
    for (const [name, title] of [["followup", "true follow-up"], ["exact", "exact counterfactual"]]) {
      if (!one[name]) continue;
      const truth = await pixels(one[name], request, true);
      figures.push(framed(scaled(truth.canvas, title), title));
      figures.push(framed(difference(source.values, truth.values, width, height, `${title} minus source`), `${title} − source`));
    }
    wiped = { source: source.canvas, result: result.canvas, canvas: canvasOf(width, height, 3, "source on the left, result on the right") };
    figures.push(framed(wiped.canvas, "wipe: source | result"));
    at("edits-pictures").replaceChildren(...figures);
    wipeAt(wipe.value / 100);
  }
  function wipeAt(share) {
    const { source, result, canvas } = wiped, edge = Math.round(share * canvas.width), context = canvas.getContext("2d");
    context.drawImage(source, 0, 0);
    if (edge < canvas.width) context.drawImage(result, edge, 0, canvas.width - edge, canvas.height, edge, 0, canvas.width - edge, canvas.height);
  }
  at("edits-blink").onclick = () => {
    clearInterval(blinking);
    const on = at("edits-blink").getAttribute("aria-pressed") === "false";
    at("edits-blink").setAttribute("aria-pressed", String(on));
    let side = 0;
    if (on) blinking = setInterval(() => wipeAt(side ^= 1), 500); else wipeAt(wipe.value / 100);
  };
  options(at("edits-task"), names, 0);
  at("edits-task").onchange = offer;
  for (const id of ["edits-cell", "edits-style", "edits-request", "edits-output", "edits-amount"]) at(id).oninput = show;
  wipe.oninput = () => wipeAt(wipe.value / 100);
  offer();
}

// 8. Training
function training() {
  const curves = read("training-data"), groups = [...new Set(curves.map((curve) => curve.group))];
  const show = () => withPlotly().react(at("training-plot"), curves.filter((curve) => curve.group === groups[at("training-group").value]).map((curve, place) => ({
    x: curve.steps, y: curve.losses, name: `${curve.title} (${curve.seconds} s)`, mode: "lines", line: { color: COLOURS[place % COLOURS.length], dash: DASHES[Math.floor(place / COLOURS.length) % 4], width: 1.5 },
  })), layout("step", "loss", {}), CONFIG);
  options(at("training-group"), groups, 0);
  at("training-group").onchange = show;
  show();
}

for (const [id, start] of Object.entries({ explorer, samples, edits, training })) {
  if (at(id)) whenSeen(at(id), () => id === "samples" && showSamples ? null : start());
}
