// The page in a real browser: hostile texts, the file, sizes, accessibility.
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { asLines, axeSource, claim, close, eventually, idsOf, kill, main, open, post, run, same, serve, textOf } from "./browser.mjs";

const attacks = [
  "<script>window.ran = 1</script>", "</script><script>window.ran = 2</script>", "<img src=x onerror='window.ran=3'>", "\"><svg onload=window.ran=4>",
  "javascript:window.ran=5", "' onmouseover='window.ran=6", "<!--", "]]>", "&lt;script&gt;window.ran=7&lt;/script&gt;", "\u202Egnp.exe\u202C", "a\u0000b",
  "w".repeat(10000), "{{tables}}", "\u2028\u2029", "🐦".repeat(300), "مرحبا <b>x</b>", "a\u0301".repeat(200) + "\u0301\u0301", "data: x\n\nevent: beat\ndata: {}\n\n",
];

function hostilePosts() {
  return attacks.map((text, i) =>
    post(text, {
      at: Date.now() - i * 1000,
      members: {
        lang: text.slice(0, 40), author_id: `9${i}`, hashtags: ["#" + text], source: text,
        user: { id: `9${i}`, name: text, username: text, description: text, location: text, public_metrics: { followers_count: 10000 + i, following_count: 1, tweet_count: 1, listed_count: 1 } },
        place: { id: "p" + i, name: text, full_name: text, country: text, place_type: text },
        media: { media_key: "3_" + i, type: text }, media_all: [{ media_key: "3_" + i, type: text }], attachments: { media_keys: ["3_" + i] },
      },
    }));
}

// Nothing of a text is anything but text.
async function isHarmless(page, where, origin) {
  same(`no script of a post runs ${where}`, await page.evaluate(() => window.ran ?? null), null);
  const found = await page.evaluate(() => ({
    scripts: [...document.scripts].filter((script) => script.type !== "application/json").length,
    foreign: document.querySelectorAll("img, iframe, object, embed, form, base, svg [onload], b").length,
    handlers: [...document.querySelectorAll("*")].filter((element) => [...element.attributes].some((attribute) => attribute.name.startsWith("on"))).length,
    links: [...document.querySelectorAll("#posts a")].map((link) => link.href).filter((href) => !/^https:\/\/x\.com\/\w{1,15}\/status\/\d{1,19}$/.test(href)),
  }));
  same(`no element is made of a post's text ${where}`, found, { scripts: 1, foreign: 0, handlers: 0, links: [] });
  same(`nothing is asked of anybody else ${where}`, page.requested.filter((url) => !url.startsWith(origin)), []);
  same(`nothing is refused or thrown ${where}`, page.trouble, []);
}

async function hostile() {
  writeFileSync("hostile.jsonl", asLines(hostilePosts()));
  await run("import", "--lake", "hostile", "hostile.jsonl");
  const server = await serve("hostile");
  const page = await open(server.url);
  claim("all hostile posts are shown", await eventually(30, async () => (await idsOf(page)).length === attacks.length), await idsOf(page));
  claim("their hashtags are in the chart", await eventually(30, () => page.evaluate(() => document.querySelector("#charts").textContent.includes("onerror"))));
  for (const row of await page.locator("#posts li").all()) await row.hover();
  await isHarmless(page, "on the page", server.url);
  const phone = await open(server.url, { viewport: { width: 390, height: 844 }, hasTouch: true });
  await eventually(30, async () => (await idsOf(phone)).length === attacks.length);
  same("a word of 10,000 letters makes no page wider", await phone.evaluate(() => document.documentElement.scrollWidth), 390);
  await close(phone);
  await close(page);
  await kill(server);

  await run("serve", "--lake", "hostile", "--once", "--out", "hostile.html");
  const file = "file://" + resolve("hostile.html");
  const once = await open(file);
  claim("all hostile posts are in the file", (await idsOf(once)).length === attacks.length, await idsOf(once));
  await isHarmless(once, "in the file", file);
  await close(once);
  const plain = await open(file, { javaScriptEnabled: false });
  claim("without script the file shows its numbers", (await plain.locator("noscript").innerText()).includes("window.ran=3"));
  await close(plain);
}

async function once() {
  const posts = Array.from({ length: 30 }, (_, i) => post(`post ${i} #tag`, { at: Date.now() - i * 60000, members: { hashtags: ["#tag"] } }));
  writeFileSync("posts.jsonl", asLines(posts));
  await run("import", "--lake", "lake", "posts.jsonl");
  await run("serve", "--lake", "lake", "--once", "--out", "once.html");
  const page = await open("file://" + resolve("once.html"), { offline: true });
  same("the file shows how many there are, without a network", await textOf(page, ".total .value"), "30");
  same("and the newest first", (await idsOf(page))[0], posts[0].id);
  claim("and says that it is a file", /Written/.test(await textOf(page, "#health")), await textOf(page, "#health"));
  claim("its times stay true", !/ ago|now/.test(await textOf(page, "#posts ol")), await textOf(page, "#posts ol"));
  same("and all went well", page.trouble, []);
  await close(page);
}

async function sizes() {
  const server = await serve("lake");
  for (const [width, height] of [[1440, 900], [1024, 768], [768, 1024], [390, 844], [320, 640]]) {
    const page = await open(server.url, { viewport: { width, height } });
    await eventually(30, async () => (await idsOf(page)).length === 30);
    same(`at ${width} pixels nothing is wider than the page`, await page.evaluate(() => document.documentElement.scrollWidth), width);
    await close(page);
  }
  for (const colorScheme of ["light", "dark"]) {
    const page = await open(server.url, { colorScheme });
    await eventually(30, async () => (await idsOf(page)).length === 30);
    await page.addStyleTag({ content: "" }).catch(() => {}); // refused by the page's own rules
    page.trouble.length = 0;
    const results = await page.evaluate(`{ const module = { exports: {} }; ${axeSource}; axe.run().then((each) => each.violations.map((violation) => [violation.impact, violation.id, violation.nodes[0].html.slice(0, 200), violation.nodes[0].failureSummary])) }`);
    same(`axe finds nothing serious in the ${colorScheme} page`, results.filter(([impact]) => impact === "serious" || impact === "critical"), []);
    const small = await page.evaluate(() => [...document.querySelectorAll("a, button")].filter((element) => element.offsetParent && !element.classList.contains("skip")).map((element) => element.getBoundingClientRect()).filter((box) => box.width < 24 || box.height < 24).length);
    same(`what can be pressed is at least 24 pixels in the ${colorScheme} page`, small, 0);
    await close(page);
  }
  await kill(server);
}

async function empty() {
  await run("init", "--lake", "empty");
  const server = await serve("empty");
  const page = await open(server.url);
  claim("an empty lake says so", await eventually(30, async () => /No posts yet/.test(await textOf(page, ".plot"))), await textOf(page, "body"));
  same("and counts nothing", await textOf(page, ".total .value"), "0");
  same("and all is well", page.trouble, []);
  await close(page);
  await kill(server);

  const old = Date.now() - 9 * 86400000;
  writeFileSync("old.jsonl", asLines([post("long ago", { at: old })]));
  await run("import", "--lake", "old", "old.jsonl");
  const past = await serve("old");
  const then = await open(past.url);
  claim("a lake without recent posts opens on its newest day and says so", await eventually(30, async () => {
    const words = await textOf(then, "#scope");
    return /No post in the last 24 hours/.test(words) && words.includes(String(new Date(old).getUTCFullYear()));
  }), await textOf(then, "#scope"));
  same("with its post", (await idsOf(then)).length, 1);
  await close(then);
  await kill(past);
}

main(async () => {
  await hostile();
  await once();
  await sizes();
  await empty();
});
