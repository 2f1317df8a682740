// How much: four numbers, how they changed, and how they went.

const totals = {};
const rateMinutes = 5;

function makeTotals() {
  for (const [name, label] of [["posts", "Posts"], ["rate", "Per minute now"], ["people", "People"], ["impressions", "Impressions"]]) {
    const parts = { value: make("p", { class: "value" }, "–"), change: make("p", { class: "change" }), spark: draw("svg", { viewBox: "0 0 100 32", preserveAspectRatio: "none", "aria-hidden": "true" }) };
    totals[name] = parts;
    document.querySelector("#totals").append(make("div", { class: "panel total" }, make("h2", null, label), parts.value, parts.change, parts.spark));
  }
}

function spark(svg, values, isNow) {
  const most = Math.max(...values, 1);
  const point = (value, i) => `${((100 * i) / Math.max(1, values.length - 1)).toFixed(2)} ${(31 - (30 * value) / most).toFixed(2)}`;
  const line = values.map(point);
  svg.replaceChildren();
  if (values.length < 2 || values.every((value) => value === 0)) return;
  svg.append(draw("path", { class: "spark-area", d: `M0 32L${line.join("L")}L100 32z` }), draw("path", { class: "spark-line", d: `M${line.join("L")}` }));
  if (isNow) svg.append(draw("path", { class: "spark-now", d: `M${line[line.length - 1]}h0.01` }));
}

// Every whole hour of the window, also those that have nothing; one that has just begun would look like a fall.
function hourly(column) {
  const byHour = new Map((state.hours ? state.hours.rows : []).map((row) => [Number(row[0]), Number(row[column])]));
  const from = Math.floor(state.window.from / 3600000);
  const to = Math.min(Math.floor(state.window.to / 3600000), Math.floor(nowMs() / 3600000));
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => byHour.get(from + i) || 0);
}

// Polled posts come in batches, so the rate is that of the minutes up to the newest one, until that is old.
function rateNow() {
  const present = Math.floor(nowMs() / minuteMs);
  let newest = 0;
  for (const [minute, posts] of minutes) if (posts > 0 && minute <= present) newest = Math.max(newest, minute);
  if (newest === 0 || (!state.window.past && present - newest > 15)) return 0;
  const first = Math.max(newest - rateMinutes + 1, Math.min(newest, ...minutes.keys()));
  let posts = 0;
  for (let minute = first; minute <= newest; minute++) posts += minutes.get(minute) || 0;
  return posts / Math.max(1, Math.min((newest + 1) * minuteMs, nowMs()) / minuteMs - first);
}

// Whole minutes, for the same reason.
function lastHour() {
  const present = Math.floor((state.window.past ? state.window.to : nowMs()) / minuteMs);
  return Array.from({ length: 60 }, (_, i) => minutes.get(present - 60 + i) || 0);
}

function showTotals() {
  if (!state.window || !state.totals || !state.totals.rows.length) return;
  const value = Object.fromEntries(state.totals.columns.map((name, i) => [name, Number(state.totals.rows[0][i])]));
  const posts = state.counters ? state.counters.posts : value.posts;
  const past = state.window.past;
  const before = past ? "the day before" : "the 24 h before";
  const inWindow = value.window_posts + Math.max(0, posts - value.posts);
  setText(totals.posts.value, number(posts));
  setText(totals.posts.change, past ? `${number(inWindow)} on this day` : [`${number(inWindow)} in 24 h`, change(inWindow, value.before_posts, "")].filter(Boolean).join(" · "));
  const hours = hourly(1);
  spark(totals.posts.spark, hours.filter(Boolean).length > 2 ? hours : lastHour(), !past);
  setText(totals.rate.value, rate(rateNow()));
  const mean = inWindow / minutesInWindow();
  setText(totals.rate.change, mean < 0.05 ? "" : `${rate(mean)} on average ${past ? "that day" : "in 24 h"}`);
  spark(totals.rate.spark, lastHour(), !past);
  setText(totals.people.value, number(value.window_people));
  setText(totals.people.change, change(value.window_people, value.before_people, before));
  spark(totals.people.spark, hourly(2), !past);
  setText(totals.impressions.value, number(value.window_impressions));
  setText(totals.impressions.change, change(value.window_impressions, value.before_impressions, before));
  spark(totals.impressions.spark, hourly(3), !past);
}

function minutesInWindow() {
  return Math.max(1, (Math.min(state.window.to, nowMs()) - state.window.from) / minuteMs);
}
