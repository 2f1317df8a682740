// Draws docs/page.png and docs/page-dark.png: two days of invented posts, and a simulated X that is asked for more.
import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { claim, close, eventually, freePort, idsOf, main, open, root, run, serve, start, textOf } from "./browser.mjs";

main(async () => {
  const twoDaysAgo = new Date(Date.now() - 48 * 3600000).toISOString().replace(/\.\d+/, "");
  execFileSync(join(root, "build/make-sample"), ["--start", twoDaysAgo, "--seed", "4", "--posts", "24000", "--hours", "48", "--out", "posts"]);
  await run("import", "--lake", "lake", ...readdirSync("posts").map((name) => join("posts", name)));
  const [x, wire] = [await freePort(), await freePort()];
  start("simulate", "--simulate-port", String(x), "--simulate-rate", "2", "--requests-per-window", "3600");
  process.env.AVIARY_TOKEN = "any";
  const listen = ["listen", "--lake", "lake", "--base-url", `http://127.0.0.1:${x}`, "--port", String(wire), "--interval", "5s"];
  for (const word of ["the", "de", "#Birds", "#WeatherWatch", "#CodeReview", "#MatchDay", "a", "und"]) listen.push("--keyword", word);
  await new Promise((go) => setTimeout(go, 1500));
  start(...listen);
  start("collect", "--lake", "lake", "--from", `127.0.0.1:${wire}`, "--publish-interval", "20s");
  start("refine", "--lake", "lake", "--refine-interval", "5s");
  const server = await serve("lake");
  for (const [colorScheme, name] of [["light", "page"], ["dark", "page-dark"]]) {
    const page = await open(server.url, { colorScheme });
    const file = join(root, "docs", `${name}.png`);
    claim(`${name}: posts come`, await eventually(60, async () => (await idsOf(page)).length === 60 && /next poll/.test(await textOf(page, "#health"))));
    await new Promise((go) => setTimeout(go, 12000));
    await page.screenshot({ path: file, animations: "disabled" });
    claim(`${name}: fits in 300 kB`, statSync(file).size < 300000, statSync(file).size);
    await close(page);
  }
});
