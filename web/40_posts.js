// What exactly: the newest posts, each once, by its id. While somebody reads (the pointer is on them, a key
// has the focus, or they are scrolled) they stand still and the new ones wait.

const postsMax = 60;
const posts = new Map(); // id: post
const feed = document.querySelector("#posts");
const list = feed.querySelector("ol");
const scroll = feed.querySelector(".scroll");
const more = feed.querySelector(".more");
let hovered = false;
let focused = false;

// Only from parts that can be nothing else.
function postAddress(post) {
  if (!/^\d{1,19}$/.test(post.id)) return null;
  return `https://x.com/${/^\w{1,15}$/.test(post.username || "") ? post.username : "i"}/status/${post.id}`;
}

const isNewer = (a, b) => a.at - b.at || a.id.length - b.id.length || (a.id < b.id ? -1 : 1);
const newestFirst = () => [...posts.values()].sort((a, b) => isNewer(b, a)).slice(0, postsMax);

function postElement(post, isNew) {
  const facts = [post.lang && post.lang !== "und" ? languageName(post.lang) : null, post.media ? plural(post.media, "medium", "media") : null, post.cut ? "cut here, whole on X" : null];
  const when = make("a", { class: "when", href: postAddress(post), target: "_blank", rel: "noopener noreferrer", title: absolute.format(post.at) },
    timeElement("span", null, post.at, nowMs()), make("span", { class: "unseen" }, ", open on X"));
  const who = make("p", { class: "who" },
    make("bdi", { class: "name", dir: "auto", title: post.name || null }, post.name || post.username || "Unknown author"),
    post.username && post.name ? make("bdi", { class: "user", title: "@" + post.username }, "@" + post.username) : null, when);
  const element = make("li", { "data-id": post.id, class: isNew ? "new" : null }, who,
    make("p", { class: "text", dir: "auto", lang: /^[a-z]{2,3}$/.test(post.lang || "") ? post.lang : null }, post.text || ""),
    make("p", { class: "facts" }, facts.filter(Boolean).join(" · ")));
  element.post = post;
  return element;
}

function isRead() {
  const own = getComputedStyle(scroll).overflowY === "auto";
  const scrolled = own ? scroll.scrollTop > 8 : list.getBoundingClientRect().top < -8;
  return hovered || focused || scrolled;
}

// Brings the list to what is newest; elements of posts that stay are not touched.
function showPosts(isNew) {
  const wanted = newestFirst();
  const there = new Map([...list.children].filter((element) => element.post).map((element) => [element.dataset.id, element]));
  for (const id of [...posts.keys()]) if (!wanted.some((post) => post.id === id)) posts.delete(id);
  if (!wanted.length) {
    list.replaceChildren(make("li", { class: "nothing" }, "No posts yet. ", make("code", null, "aviary run"), " asks X for them, ", make("code", null, "aviary import"), " takes recorded ones."));
    return;
  }
  let after = null;
  for (const post of wanted) {
    let element = there.get(post.id);
    if (!element || element.post !== post) {
      const fresh = postElement(post, isNew && !element);
      if (element) element.replaceWith(fresh);
      element = fresh;
    }
    there.delete(post.id);
    const place = after ? after.nextSibling : list.firstChild;
    if (place !== element) list.insertBefore(element, place);
    after = element;
  }
  for (const element of there.values()) element.remove();
  while (after && after.nextSibling) after.nextSibling.remove();
  more.hidden = true;
}

function waiting() {
  const shown = new Set([...list.children].map((element) => element.dataset.id));
  return newestFirst().filter((post) => !shown.has(post.id)).length;
}

function refreshPosts() {
  if (!isRead() || !list.querySelector("[data-id]")) return showPosts(true);
  const count = waiting();
  more.hidden = count === 0;
  setText(more, `Show ${count >= postsMax ? `${postsMax} or more` : count} new ${count === 1 ? "post" : "posts"}`);
}

function addPosts(batch, isFirst) {
  for (const post of batch) {
    const known = posts.get(post.id);
    if (!known || JSON.stringify(known) !== JSON.stringify(post)) posts.set(post.id, post);
  }
  if (isFirst) showPosts(false);
  else refreshPosts();
}

function letGo() {
  if (!more.hidden && !isRead()) showPosts(true);
}

feed.addEventListener("pointerenter", (event) => { hovered = event.pointerType === "mouse"; });
feed.addEventListener("pointerleave", () => { hovered = false; letGo(); });
list.addEventListener("focusin", () => { focused = true; });
list.addEventListener("focusout", () => { focused = false; letGo(); });
scroll.addEventListener("scroll", letGo, { passive: true });
window.addEventListener("scroll", letGo, { passive: true });
more.addEventListener("click", () => {
  showPosts(true);
  scroll.scrollTop = 0;
  if (list.getBoundingClientRect().top < 0) feed.scrollIntoView();
});
