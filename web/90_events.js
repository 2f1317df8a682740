// What comes from the server, or lies in this file. A server that went away is asked again until it is back.

const silenceMax = 30000; // it tells at least every ten seconds that it is there

const nowMs = () => state.written || Date.now();

const handlers = {
  window: () => { showScope(); showTimeline(); showTotals(); },
  totals: showTotals,
  hours: () => { showTotals(); showTimeline(); },
  minutes: (value) => { minutes.clear(); setMinutes(value.rows); showTimeline(); showTotals(); },
  counters: (value) => { setMinutes(value.minutes); showTimeline(); showTotals(); },
  posts: (value, isFirst) => addPosts(value.posts, isFirst),
  health: () => { showHealth(); showScope(); },
  beat: () => {},
};
for (const chart of charts) handlers[chart.name] = (value) => showChart(chart, value);

function take(name, value, isFirst) {
  state[name] = value;
  handlers[name](value, isFirst);
}

let source = null;
function connect() {
  if (source) source.close();
  source = new EventSource("events");
  let isFirst = true;
  source.onopen = () => { isFirst = true; };
  source.onerror = () => {
    lose();
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
  };
  for (const name of Object.keys(handlers)) {
    source.addEventListener(name, (event) => {
      find();
      take(name, JSON.parse(event.data), name === "posts" && isFirst && posts.size === 0);
      if (name === "posts") isFirst = false;
    });
  }
}

function lose() {
  state.lost = true;
  document.documentElement.classList.add("lost");
  showHealth();
}

function find() {
  state.heard = Date.now();
  if (!state.lost) return;
  state.lost = false;
  document.documentElement.classList.remove("lost");
  showHealth();
}

function tick() {
  if (document.hidden) return;
  refreshTimes(nowMs());
  showHealth();
  if (source && state.heard && Date.now() - state.heard > silenceMax && !state.lost) {
    lose();
    connect();
  }
  const minute = Math.floor(nowMs() / minuteMs);
  if (state.drawn !== minute) {
    state.drawn = minute;
    showTimeline();
    showTotals();
  }
}

function begin() {
  document.querySelector("#charts").append(...charts.map(chartPanel));
  makeTotals();
  document.querySelector("#page").hidden = false;
  const data = document.querySelector("#data");
  if (data) {
    const told = JSON.parse(data.textContent);
    Object.assign(state, told);
    for (const [name, value] of Object.entries(told)) if (handlers[name]) take(name, value, true);
    return refreshTimes(nowMs());
  }
  state.lost = true;
  showHealth();
  connect();
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", tick);
}
begin();
