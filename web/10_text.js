// What is shown is made of elements and text; no text of a post is ever read as markup.
"use strict";

const locale = "en-GB";
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

const state = {}; // what was told, by the name of the event

// make("p", { class: "quiet" }, "text", element…): attributes that are null are left out.
function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function draw(name, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// --- numbers

const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const short = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });

const number = (value) => whole.format(Number(value) || 0);
const rate = (value) => (value >= 100 ? whole : tenths).format(value);
const plural = (count, one, many) => `${number(count)} ${count === 1 ? one : many || one + "s"}`;

// How much more or less: "▲ 12% on the 24 h before"; nothing where there is nothing to compare with.
function change(now, before, words) {
  if (!before) return "";
  const percent = Math.round((100 * (now - before)) / before);
  if (percent === 0) return words ? `as in ${words}` : "";
  return `${percent > 0 ? "▲" : "▼"} ${number(Math.abs(percent))}%${words ? ` on ${words}` : ""}`;
}

// --- times

const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
const clockWithSeconds = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dayAndClock = new Intl.DateTimeFormat(locale, { weekday: "short", hour: "2-digit", minute: "2-digit" });
const fullDay = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
const absolute = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "long" });

// In a file that does not change, "3 s ago" would soon be wrong.
function ago(ms, now) {
  if (state.written) return (now - ms < 12 * 3600000 ? clock : dayAndClock).format(ms);
  const seconds = Math.max(0, Math.round((now - ms) / 1000));
  if (seconds < 2) return "now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h ago`;
  return new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" }).format(ms);
}

function until(ms, now) {
  const seconds = Math.max(0, Math.ceil((ms - now) / 1000));
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

// An element that says how long ago something was, and exactly when on hover.
function timeElement(name, attributes, ms, now) {
  const element = make(name, { ...attributes, title: absolute.format(ms), "data-at": String(ms) });
  element.textContent = ago(ms, now);
  return element;
}

function refreshTimes(now) {
  for (const element of document.querySelectorAll("[data-at]")) {
    setText(element, ago(Number(element.dataset.at), now));
  }
}
