// Small charts of a host: the last minutes, from the numbers that each look brings into the page.
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

/** How many looks are kept: five minutes of one every two seconds. */
const KEPT = 150;
/** The shortest time that is drawn, in seconds: one look alone has no span. */
const SHORTEST_S = 60;

const section = document.querySelector("[data-charts]");
const live = section && document.getElementById(section.dataset.charts);

function colour(number) {
  const style = getComputedStyle(document.documentElement);
  const names = ["--hep-chart-1", "--hep-chart-2"];
  return style.getPropertyValue(names[number]).trim();
}

const time = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const clock = (seconds) => time.format(seconds * 1000);

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];
function bytes(value) {
  let unit = 0;
  for (; value >= 1024 && unit + 1 < UNITS.length; unit += 1) value /= 1024;
  return `${value >= 10 || unit === 0 ? value.toFixed(0) : value.toFixed(1)} ${UNITS[unit]}`;
}

function chart(figure) {
  const keys = figure.dataset.chart.split(",");
  const names = (figure.dataset.names ?? figure.querySelector("figcaption").textContent).split("|");
  const unit = figure.dataset.unit;
  const text = () => getComputedStyle(figure).color;
  const axis = { stroke: text, grid: { stroke: () => colour(0) && "rgb(128 128 128 / 25%)", width: 1 }, ticks: { show: false } };
  const options = {
    width: figure.clientWidth - 16, height: 140, legend: { show: keys.length > 1, live: false }, cursor: { y: false },
    scales: { x: { range: (_, low, high) => (high == null ? [0, SHORTEST_S] : [Math.min(low, high - SHORTEST_S), high]) }, y: { range: (_, low, high) => (unit === "%" ? [0, 100] : [0, Math.max(high * 1.1, 1)]) } },
    axes: [{ ...axis, space: 80, values: (_, ticks) => ticks.map(clock) }, { ...axis, size: 62, values: (_, ticks) => ticks.map((tick) => (unit === "B" ? bytes(tick) : String(tick))) }],
    series: [{}, ...keys.map((key, number) => ({
      label: names[number] ?? key, stroke: () => colour(number), width: 2, dash: number ? [6, 3] : undefined, spanGaps: false,
      value: (_, value) => (value == null ? "" : unit === "B" ? `${bytes(value)}/s` : String(value)),
    }))],
  };
  const plot = new uPlot(options, [[], ...keys.map(() => [])], figure);
  plot.root.setAttribute("aria-hidden", "true");
  new ResizeObserver(() => plot.setSize({ width: figure.clientWidth - 16, height: 140 })).observe(figure);
  return { keys, plot, data: [[], ...keys.map(() => [])] };
}

if (live) {
  let charts = null;
  let seen = null;
  const look = () => {
    const numbers = live.querySelector("[data-load]");
    if (!numbers || numbers === seen) return;
    seen = numbers;
    if (!charts) {
      section.hidden = false;
      charts = [...section.querySelectorAll("[data-chart]")].map(chart);
    }
    const now = Date.now() / 1000;
    for (const { keys, plot, data } of charts) {
      data[0].push(now);
      keys.forEach((key, number) => data[number + 1].push(numbers.dataset[key] === "" ? null : Number(numbers.dataset[key])));
      if (data[0].length > KEPT) data.forEach((list) => list.shift());
      plot.setData(data);
    }
  };
  new MutationObserver(look).observe(live, { childList: true, subtree: true });
  look();
}
