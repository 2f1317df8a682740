// When: posts per minute as bars, one a minute or one for several. It spans what there is: an hour at first,
// the whole window later.

const minuteMs = 60000;
const spans = [
  { minutes: 60, bin: 1 },
  { minutes: 180, bin: 2 },
  { minutes: 360, bin: 5 },
  { minutes: 720, bin: 5 },
  { minutes: 1440, bin: 10 },
];
const tickSteps = [5, 10, 15, 30, 60, 120, 180, 240, 360, 720];

const minutes = new Map(); // minute since 1970: posts
const plot = document.querySelector("#timeline .plot");
const readout = document.querySelector("#timeline .readout");
let bins = null;

function setMinutes(rows) {
  for (const [minute, posts] of rows) minutes.set(Number(minute), Number(posts));
}

function windowOfMinutes() {
  const to = Math.floor(state.window.to / minuteMs);
  return { from: Math.floor(state.window.from / minuteMs), to: state.window.past ? to : Math.min(to, Math.floor(nowMs() / minuteMs) + 1) };
}

function makeBins() {
  const { from, to } = windowOfMinutes();
  const inside = [...minutes.keys()].filter((minute) => minute >= from && minute < to && minutes.get(minute) > 0);
  const first = inside.length ? Math.min(...inside) : to;
  const span = state.window.past ? spans[spans.length - 1] : spans.find((each) => to - first <= each.minutes) || spans[spans.length - 1];
  const end = Math.ceil(to / span.bin) * span.bin;
  const start = state.window.past ? from : end - span.minutes;
  const counts = new Array(Math.ceil((end - start) / span.bin)).fill(0);
  for (const [minute, posts] of minutes) {
    if (minute >= start && minute < end && minute >= from) counts[Math.floor((minute - start) / span.bin)] += posts;
  }
  return { start, end, size: span.bin, counts, empty: inside.length === 0 };
}

// The smallest round number that is not below.
function ceiling(value) {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 3, 4, 5, 6, 8, 10].map((step) => step * power).find((step) => step >= value);
}

function bar(index, height) {
  return height > 0 ? `M${index + 0.1} 100V${100 - Math.max(height, 1)}h.8V100z` : "";
}

function addTicks() {
  const most = plot.clientWidth < 480 ? 4 : 9;
  const step = tickSteps.find((each) => (bins.end - bins.start) / each <= most) || 1440;
  const shift = -new Date(bins.start * minuteMs).getTimezoneOffset();
  for (let minute = Math.ceil((bins.start + shift) / step) * step - shift; minute <= bins.end; minute += step) {
    const place = (minute - bins.start) / (bins.end - bins.start);
    if (place < 0.015 || place > 0.985) continue;
    const tick = make("span", { class: "tick" }, clock.format(minute * minuteMs));
    tick.style.left = `${100 * place}%`;
    plot.append(tick);
  }
}

function addRules(top) {
  for (const part of [1, 0.5, 0]) {
    if (bins.empty && part > 0) continue;
    const words = top * part < 1 && part === 0.5 ? tenths.format(top * part) : short.format(top * part);
    const rule = make("div", { class: "rule" }, make("span", null, words));
    rule.style.top = `${8 + 120 * (1 - part)}px`;
    plot.append(rule);
  }
}

function showTimeline() {
  if (!state.window) return;
  bins = makeBins();
  const perMinute = bins.counts.map((count) => count / bins.size);
  const top = ceiling(Math.max(...perMinute, 0));
  const last = state.window.past ? -1 : bins.counts.length - 1;
  const paths = perMinute.map((value, i) => bar(i, (100 * value) / top));
  plot.replaceChildren();
  addRules(top);
  plot.append(
    draw("svg", { viewBox: `0 0 ${bins.counts.length} 100`, preserveAspectRatio: "none", "aria-hidden": "true" },
      draw("rect", { class: "under", x: 0, y: 0, width: 0, height: 100 }),
      draw("path", { class: "past", d: paths.filter((_, i) => i !== last).join("") }),
      draw("path", { class: "now", d: last >= 0 ? paths[last] : "" })),
  );
  addTicks();
  if (bins.empty) plot.append(make("p", { class: "nothing" }, make("span", null, "No posts yet. One that arrives is here a second later.")));
  plot.append(hoursTable());
  restReadout();
}

// The same for those who hear the page.
function hoursTable() {
  const rows = (state.hours ? state.hours.rows : []).map(([hour, posts]) =>
    make("tr", null, make("th", { scope: "row" }, dayAndClock.format(hour * 3600000)), make("td", null, number(posts))));
  return make("table", { class: "unseen" }, make("caption", null, "Posts by hour"), make("tbody", null, ...rows));
}

function restReadout() {
  const size = bins.size === 1 ? "each bar is a minute" : `each bar is the mean of ${bins.size} minutes`;
  setText(readout, bins.empty ? "" : size);
}

function readAt(event) {
  if (!bins) return;
  const box = plot.getBoundingClientRect();
  const index = Math.min(bins.counts.length - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * bins.counts.length)));
  const from = (bins.start + index * bins.size) * minuteMs;
  const time = bins.size === 1 ? dayAndClock.format(from) : `${dayAndClock.format(from)}–${clock.format(from + bins.size * minuteMs)}`;
  const under = plot.querySelector(".under");
  under.setAttribute("x", index);
  under.setAttribute("width", 1);
  setText(readout, `${time}: ${plural(bins.counts[index], "post")}`);
}

plot.addEventListener("pointermove", readAt);
plot.addEventListener("pointerleave", () => {
  if (!bins) return;
  plot.querySelector(".under").setAttribute("width", 0);
  restReadout();
});
new ResizeObserver(() => showTimeline()).observe(plot);
