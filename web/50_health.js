// Is it alive: one line. A shape and a word, then whose posts they are, what is awaited, what is wrong.

const health = document.querySelector("#health");
const scope = document.querySelector("#scope");
const about = document.querySelector("#about");
const shapes = { good: "●", warn: "▲", bad: "■", calm: "○" };

const sourceWords = { simulated: "simulated", replayed: "replayed", imported: "imported", X: "X's" };

// "simulated and imported posts"
function sourcesOf(streams) {
  const known = Object.keys(sourceWords);
  const names = [...new Set(streams.map((stream) => stream.source || "imported"))].sort((a, b) => known.indexOf(a) - known.indexOf(b));
  if (names.length === 1 && names[0] === "X") return "posts from X";
  const words = names.map((name) => sourceWords[name] || name).join(" and ");
  return `${words} posts${names.length === 1 && names[0] === "simulated" ? ", none from X" : ""}`;
}

const polledBy = (streams) => streams.map((stream) => stream.status).find((status) => status && status.next_poll);

function broughtWords({ last_poll: last }) {
  if (!last) return "none yet";
  return last.error ? `the last failed: ${last.error}` : `the last brought ${plural(Number(last.new !== undefined ? last.new : last.posts) || 0, "new post")}`;
}

function pollWords(status, now) {
  if (!status) return null;
  const waiting = status.waiting && status.waiting.why ? status.waiting : null;
  const next = waiting ? Date.parse(waiting.until) : Date.parse(status.next_poll);
  const due = next > now ? `next poll ${state.written ? `at ${clockWithSeconds.format(next)}` : `in ${until(next, now)}`}` : "polling now";
  return waiting ? `${waiting.why}, ${due}` : `${due}, ${broughtWords(status)}`;
}

// An import is done when it is done; all others should be heard.
const isExpected = (stream) => stream.source && stream.source !== "imported";

// The worst of what is true decides.
function judge(told, now) {
  const streams = told.streams.filter(isExpected);
  const status = polledBy(streams);
  if (state.written) return ["calm", "Written", "this file does not change"];
  if (told.trouble) return ["warn", "Behind", told.trouble];
  if (!told.streams.length) return ["calm", "Waiting", "no posts have been collected yet"];
  if (!streams.length) return ["calm", "Recorded", "nothing is listening"];
  const unheard = streams.filter((stream) => stream.way !== "live");
  if (unheard.length === streams.length) return ["warn", "Not listening", unheard.some((stream) => stream.way === "in place") ? "what was journalled is shown" : "only what was published is shown"];
  if (unheard.length) return ["warn", "Partly live", `${unheard.length} of ${streams.length} streams are not heard`];
  if (status && status.waiting && status.waiting.why) return ["warn", "Waiting", null];
  if (status && status.last_poll && status.last_poll.error) return ["warn", "Trouble", null];
  if (status && status.interval_s && Date.parse(status.next_poll) + 2000 * status.interval_s < now) return ["warn", "Late", "the next poll is overdue"];
  return ["good", "Live", null];
}

function showHealth() {
  const told = state.health;
  const now = nowMs();
  if (state.lost) {
    const silence = state.heard ? `last news ${ago(state.heard, Date.now())}` : "no news yet";
    return setHealth("bad", state.heard ? "Reconnecting" : "Connecting", [silence]);
  }
  if (!told) return setHealth("calm", "Connecting", []);
  const [kind, word, why] = judge(told, now);
  const streams = told.streams;
  const parts = [streams.length ? sourcesOf(streams) : null, why, pollWords(polledBy(streams), now)];
  for (const stream of streams.filter(isExpected)) {
    if (stream.way !== "live" && stream.trouble && !state.written) parts.push(`${stream.trouble}${stream.way === "published" && stream.published ? `, posts since ${ago(stream.published, now)} may be missing` : ""}`);
  }
  if (told.published) parts.push(`published ${ago(told.published, now)}${told.tail ? `, ${plural(told.tail, "post")} newer than that` : ""}`);
  setHealth(kind, word, parts.filter(Boolean));
  health.title = told.published ? `Snapshot ${told.snapshot} of ${absolute.format(told.published)}; ${number(told.rows)} rows` : "";
}

function setHealth(kind, word, parts) {
  document.title = kind === "good" || kind === "calm" ? "aviary" : `${word}: aviary`;
  const text = [word, ...parts].join("\n");
  if (health.dataset.text === text + kind) return;
  health.dataset.text = text + kind;
  health.replaceChildren(make("span", { class: `state ${kind}` }, make("span", { class: "shape", "aria-hidden": "true" }, shapes[kind]), word),
    ...parts.map((part) => make("span", { class: "part" }, part)));
}

function showScope() {
  if (!state.window) return;
  const words = state.window.past ? `No post in the last 24 hours; this is ${fullDay.format(state.window.from + 12 * 3600000)}` : "Last 24 hours";
  setText(scope, state.written ? `${words} · written ${absolute.format(state.written)}` : words);
  scope.title = `${absolute.format(state.window.from)} to ${absolute.format(state.window.to)}`;
  const lake = state.health ? state.health.lake : "";
  setText(about, `${lake ? `Lake ${lake}. ` : ""}Times are in ${zone}; weekdays in ${state.window.zone}. ${state.health && state.health.version ? `aviary ${state.health.version}` : ""}`);
}
