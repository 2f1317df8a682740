// What the first line says in every state, told by a server that is not aviary's.
import http from "node:http";
import { claim, close, eventually, kill, main, open, run, same, serve, textOf } from "./browser.mjs";

const hour = 3600000;
const now = () => Date.now();
const iso = (ms) => new Date(ms).toISOString();
const stream = (more) => ({ stream: "11111111-2222-4333-8444-555555555555", way: "live", tail: 0, published: now() - 5000, source: "X", trouble: null, status: null, ...more });
const polls = (more) => ({ role: "listen", source: "X", interval_s: 300, next_poll: iso(now() + 125000), last_poll: { at: iso(now() - 1000), status: 200, posts: 12, new: 11, error: null }, waiting: null, ...more });
const told = (more) => ({ lake: "lake", version: "0", trouble: null, snapshot: 7, published: now() - 65000, rows: 9, tail: 0, streams: [stream({ status: polls() })], ...more });

const states = [
  ["live", told(), /^●Liveposts from X.*next poll in 2 min, the last brought 11 new posts.*published 1 min ago/],
  ["one new post is one", told({ streams: [stream({ status: polls({ last_poll: { posts: 1, new: 1 } }) })] }), /brought 1 new post(?!s)/],
  ["simulated posts are said to be", told({ streams: [stream({ source: "simulated" })] }), /^●Livesimulated posts, none from X/],
  ["several sources are named", told({ streams: [stream({ source: "imported", way: "in place" }), stream({ source: "replayed" })] }), /^●Livereplayed and imported posts/],
  ["a rate limit is waited for", told({ streams: [stream({ status: polls({ waiting: { why: "the rate limit is used up", until: iso(now() + 600000) } }) })] }), /^▲Waiting.*the rate limit is used up, next poll in 10 min/],
  ["a failed poll", told({ streams: [stream({ status: polls({ last_poll: { error: "HTTP 503" } }) })] }), /^▲Trouble.*the last failed: HTTP 503/],
  ["an overdue poll", told({ streams: [stream({ status: polls({ next_poll: iso(now() - hour) }) })] }), /^▲Late.*overdue/],
  ["nobody listens, the journal is here", told({ streams: [stream({ way: "in place", trouble: "connect: refused" })] }), /^▲Not listening.*what was journalled is shown.*connect: refused/],
  ["nobody listens, the journal is away", told({ streams: [stream({ way: "published", trouble: "its journal is not here" })] }), /^▲Not listening.*only what was published.*posts since .* may be missing/],
  ["one of two is away", told({ streams: [stream(), stream({ way: "in place" })] }), /^▲Partly live.*1 of 2 streams/],
  ["only imports", told({ streams: [stream({ source: "imported", way: "in place", trouble: "its server is not known" })] }), /^○Recordedimported posts.*nothing is listening(?!.*not known)/],
  ["an empty lake", told({ streams: [], published: 0 }), /^○Waitingno posts have been collected yet$/],
  ["charts that cannot be asked", told({ trouble: "the charts could not be asked" }), /^▲Behind.*the charts could not be asked/],
  ["a tail", told({ tail: 1234 }), /1,234 posts newer than that/],
  ["hostile words", told({ trouble: "<img src=x onerror=window.ran=1>" }), /<img src=x/],
];

main(async () => {
  await run("init", "--lake", "lake");
  const real = await serve("lake");
  let listener = null;
  const stand = http.createServer((request, answer) => {
    if (request.url !== "/events") return http.get(real.url + request.url, (from) => { answer.writeHead(from.statusCode, from.headers); from.pipe(answer); });
    answer.writeHead(200, { "Content-Type": "text/event-stream" });
    answer.write("retry: 200\n\n");
    listener = answer;
  });
  await new Promise((done) => stand.listen(0, "127.0.0.1", done));
  const page = await open(`http://127.0.0.1:${stand.address().port}/`);
  const tell = (name, value) => listener.write(`event: ${name}\ndata: ${JSON.stringify(value)}\n\n`);
  await eventually(20, () => listener);
  for (const [words, value, wanted] of states) {
    tell("health", value);
    claim(`health: ${words}`, await eventually(10, async () => wanted.test(await textOf(page, "#health"))), await textOf(page, "#health"));
  }
  same("no word of it is markup", await page.evaluate(() => [window.ran ?? null, document.querySelectorAll("img").length]), [null, 0]);

  tell("window", { from: now() - 24 * hour, to: now() + 10000, past: false, zone: "UTC" });
  tell("totals", { columns: ["posts", "window_posts", "before_posts", "window_people", "before_people", "window_impressions", "before_impressions"], rows: [[12345678, 1100, 1000, 90, 100, 5, 5]] });
  claim("a growth, a fall and neither are told apart without colour", await eventually(10, async () => {
    const words = await page.locator(".total").allInnerTexts();
    return /12,345,678.*▲ 10%/s.test(words[0]) && /▼ 10% on the 24 h before/.test(words[2]) && /as in the 24 h before/.test(words[3]);
  }), await textOf(page, "#totals"));
  listener.destroy();
  claim("a cut is told and mended", await eventually(10, async () => /^■Reconnecting/.test(await textOf(page, "#health"))), await textOf(page, "#health"));
  await eventually(10, () => listener && !listener.destroyed);
  tell("health", told());
  claim("by itself", await eventually(10, async () => /^●Live/.test(await textOf(page, "#health"))), await textOf(page, "#health"));
  await close(page);
  stand.closeAllConnections();
  stand.close();
  await kill(real);
});
