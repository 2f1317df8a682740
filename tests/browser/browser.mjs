// What the tests of the page share: a browser, aviary's roles as children, claims as TAP lines.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import net from "node:net";
import { join } from "node:path";

export const root = process.env.AVIARY_ROOT;
const aviary = process.env.AVIARY;
const require = createRequire(join(root, ".deps/browser/"));
const { chromium } = require("playwright-core");
export const axeSource = require("axe-core").source;

// --- claims

let claims = 0;
let failures = 0;
export function claim(words, holds, why) {
  claims++;
  if (!holds) failures++;
  console.log(`${holds ? "ok" : "not ok"} ${claims} - ${words}`);
  if (!holds && why !== undefined) console.log(`# ${typeof why === "string" ? why : JSON.stringify(why)}`.slice(0, 2000));
}

export const same = (words, got, wanted) => claim(words, JSON.stringify(got) === JSON.stringify(wanted), { got, wanted });

// Asks until the answer is true, or for so many seconds.
export async function eventually(seconds, ask) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer || Date.now() > end) return answer;
    await new Promise((go) => setTimeout(go, 20));
  }
}

// --- roles

const children = new Set();
export function start(...args) {
  const child = spawn(aviary, args, { stdio: ["ignore", "pipe", "pipe"] });
  child.said = "";
  child.stdout.on("data", (data) => { child.said += data; });
  child.stderr.on("data", (data) => { child.said += data; });
  child.ended = new Promise((end) => child.on("exit", (code) => { children.delete(child); end(code); }));
  children.add(child);
  return child;
}

export async function run(...args) {
  const child = start(...args);
  const code = await child.ended;
  if (code !== 0) throw new Error(`aviary ${args.join(" ")}: exit status ${code}: ${child.said}`);
  return child.said;
}

export async function kill(child, signal = "SIGKILL") {
  child.kill(signal);
  await child.ended;
}

// The page of a lake, at its address.
export async function serve(lake, port = 0) {
  const child = start("serve", "--lake", lake, "--http", `127.0.0.1:${port}`);
  const found = await eventually(20, () => child.said.match(/the page is at (http:\S+)/));
  if (!found) throw new Error(`serve does not begin: ${child.said}`);
  child.url = found[1];
  return child;
}

export function freePort() {
  return new Promise((found) => {
    const server = net.createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

// --- posts, as lines of the wire

let lastId = 0n;
export function post(text, more = {}) {
  const at = more.at || Date.now();
  const id = ((BigInt(at) - 1288834974657n) << 22n) + (lastId++ % 4000n);
  return {
    id: String(id), text, created_at: new Date(at).toISOString(), lang: "en", author_id: "7", batch_id: 1, hashtags: [],
    public_metrics: { retweet_count: 0, reply_count: 0, like_count: 0, quote_count: 0, impression_count: 3 },
    user: { id: "7", name: "Seven", username: "seven", public_metrics: { followers_count: 9000, following_count: 1, tweet_count: 1, listed_count: 0 } },
    place: {}, media: {}, ...more.members,
  };
}
export const asLines = (posts) => posts.map((each) => JSON.stringify(each) + "\n").join("");

// --- the browser

let browser = null;
export async function open(url, options = {}) {
  browser ||= await chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium", headless: true,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.trouble = [];
  page.requested = [];
  page.on("pageerror", (error) => page.trouble.push(String(error.stack || error)));
  page.on("console", (message) => { if (message.type() === "error") page.trouble.push(message.text()); });
  page.on("dialog", (dialog) => { page.trouble.push("dialog " + dialog.message()); dialog.dismiss(); });
  page.on("request", (request) => page.requested.push(request.url()));
  if (url) await page.goto(url);
  return page;
}
export const close = (page) => page.context().close();

export const textOf = (page, selector) => page.evaluate((what) => document.querySelector(what)?.textContent ?? null, selector);
export const idsOf = (page) => page.evaluate(() => [...document.querySelectorAll("#posts li[data-id]")].map((element) => element.dataset.id));

export async function main(tests) {
  try {
    await tests();
  } catch (error) {
    claim("the test runs to its end", false, String(error.stack || error));
  }
  for (const child of children) child.kill("SIGKILL");
  await browser?.close();
  console.log(`1..${claims}`);
  process.exit(failures ? 1 : 0);
}

// Runs in the page: notes when each post was first there.
export const watchPosts = () => {
  window.shownAt = {};
  const note = () => {
    for (const element of document.querySelectorAll("#posts li[data-id]")) window.shownAt[element.dataset.id] ??= Date.now();
  };
  new MutationObserver(note).observe(document.querySelector("#posts ol"), { childList: true, subtree: true });
  note();
};
