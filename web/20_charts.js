// Ranked bars. A chart is a file under sql/30_dashboard/ and a line here.

const languageNames = new Intl.DisplayNames(["en"], { type: "language", fallback: "none" });
function languageName(code) {
  const special = { und: "Undetermined", qme: "Only media", qst: "Short text", qht: "Only hashtags", qam: "Only mentions", qct: "Only cashtags", zxx: "No words", art: "Emoji" };
  try {
    return special[code] || languageNames.of(code) || code;
  } catch {
    return code;
  }
}

const mediaNames = { photo: "Photos", video: "Videos", animated_gif: "GIFs", other: "Other" };
const popularityNotes = { High: "above 5,000 followers", Middle: "1,000 to 5,000", Low: "below 1,000", Unknown: "no count" };

const charts = [
  { name: "hashtags", title: "Hashtags", unit: "posts", rows: 10 },
  { name: "users", title: "Most followed people", unit: "followers", rows: 10, show: ([user, , name]) => (name ? [name, "@" + user] : ["@" + user]) },
  { name: "languages", title: "Languages", unit: "posts", rows: 7, show: ([code]) => [languageName(code)] },
  { name: "weekdays", title: "Weekdays", unit: "posts in 7 days", rows: 7, now: ([day]) => day === weekdayNow() },
  { name: "media_types", title: "Media types", unit: "media", rows: 3, show: ([type]) => [mediaNames[type] || type] },
  { name: "popularity", title: "Popularity of people", unit: "people", rows: 3, show: ([level]) => [level, popularityNotes[level]] },
];

function weekdayNow() {
  try {
    return new Intl.DateTimeFormat("en", { weekday: "long", timeZone: (state.window && state.window.zone) || "UTC" }).format(Date.now());
  } catch {
    return "";
  }
}

function chartPanel(chart) {
  const title = make("h2", { id: `${chart.name}-title` }, make("span", null, chart.title), make("span", { class: "unit" }, chart.unit));
  chart.body = make("tbody");
  const table = make("table", { "aria-labelledby": `${chart.name}-title` }, chart.body);
  for (let i = 0; i < chart.rows; i++) chart.body.append(chartRow());
  return make("section", { class: "panel chart", "aria-labelledby": `${chart.name}-title` }, title, table);
}

// Rows are there before there is anything in them, so that nothing jumps.
function chartRow() {
  const bar = make("span", { class: "bar", hidden: "" });
  const label = make("span", { class: "label" });
  return make("tr", null, make("th", { scope: "row" }, bar, label), make("td"));
}

function fillRow(chart, element, row, most) {
  const [label, note] = chart.show ? chart.show(row) : [row[0]];
  const [bar, text] = element.querySelector("th").children;
  const value = Number(row[1]) || 0;
  text.replaceChildren(make("bdi", null, String(label)));
  if (note) text.append(make("bdi", { class: "note" }, note));
  text.title = [label, note].filter(Boolean).join(" ");
  text.classList.remove("nothing");
  bar.hidden = value === 0;
  bar.style.width = `${most ? (100 * value) / most : 0}%`;
  element.classList.toggle("now", Boolean(chart.now && chart.now(row)));
  setText(element.querySelector("td"), number(value));
}

function emptyRow(element, words) {
  const [bar, text] = element.querySelector("th").children;
  bar.hidden = true;
  text.removeAttribute("title");
  text.replaceChildren(words);
  text.classList.toggle("nothing", Boolean(words));
  element.classList.remove("now");
  setText(element.querySelector("td"), "");
}

function showChart(chart, answer) {
  const rows = answer.rows;
  const most = Math.max(0, ...rows.map((row) => Number(row[1]) || 0));
  while (chart.body.children.length < rows.length) chart.body.append(chartRow());
  while (chart.body.children.length > Math.max(rows.length, chart.rows)) chart.body.lastChild.remove();
  [...chart.body.children].forEach((element, i) => {
    if (i < rows.length) fillRow(chart, element, rows[i], most);
    else emptyRow(element, i === 0 ? "Nothing yet" : "");
  });
}
