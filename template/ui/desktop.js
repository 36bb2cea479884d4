// What every part of the page shares. Docker Desktop puts `ddClient` on the page; an ordinary browser has none.
"use strict";

const ddClient = window.ddClient;

if (!ddClient) {
  document.querySelector("#no-desktop").textContent =
    "This page is not running in Docker Desktop, so there is nothing behind its buttons. " +
    "Install the extension and open it from Docker Desktop's menu.";
  for (const control of document.querySelectorAll("button, input")) {
    control.disabled = true;
  }
}

/** Says something in a part's message line, which screen readers read aloud. */
function say(line, text, isError = false) {
  line.textContent = text;
  line.classList.toggle("error", isError);
}

/** What went wrong, in words, from whatever Docker Desktop threw. */
function explain(error) {
  const text = [error?.stderr, error?.message, error].find((part) => typeof part === "string" && part.trim() !== "");
  if (text === undefined) {
    return "unknown error";
  }
  try {
    // The backend says what went wrong as `{"message": "…"}`.
    return JSON.parse(text).message ?? text;
  } catch {
    return text.trim();
  }
}

/** Bytes for people: 1536 is "1.5 KiB". */
function formatBytes(bytes) {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let unit = 0;
  while (bytes >= 1024 && unit < units.length - 1) {
    bytes /= 1024;
    unit += 1;
  }
  return `${bytes.toLocaleString(undefined, { maximumFractionDigits: unit === 0 ? 0 : 1 })} ${units[unit]}`;
}
