// Uses the page as a reader does, and writes into `#result` what is wrong, or that all is well.
"use strict";
(() => {
  const wrong = [];
  const check = (right, what) => { if (!right) wrong.push(what); };
  const all = selector => [...document.querySelectorAll(selector)];
  const change = (id, value) => { const element = document.getElementById(id); element.value = value; element.dispatchEvent(new Event("input", { bubbles: true })); };
  const cases = () => all("#cases tbody tr");
  const [, audits] = JSON.parse(document.getElementById("data").textContent);
  const [good, bad] = audits;

  check(audits.length === 2, "two audits");
  check(all("#summary tbody tr").length === 8, "eight weaknesses");
  check(all("#summary thead th").length === 3, "a column for each server");
  const fresh = bad.entries.filter(entry => entry.outcome === "fail").length;
  check(cases().length === fresh, "what fails comes first");
  check([...document.querySelectorAll("#notes strong")].length === 2, "a verdict of each");
  change("outcome", "");
  check(cases().length === good.entries.length, "a row for each case");
  check(all("#cases tbody tr:last-child td")[2].textContent === "not run", "what one server was not asked");

  for (const code of new Set(good.entries.map(entry => entry.cwe))) {
    change("weakness", code);
    check(cases().length === good.entries.filter(entry => entry.cwe === code).length, `the filter by ${code}`);
    check(cases().every(row => row.textContent.includes(code)), `only ${code}`);
  }
  change("weakness", "");
  change("outcome", "fail");
  const failing = bad.entries.filter(entry => entry.outcome === "fail").length;
  check(failing > 50 && cases().length === failing, `the filter by outcome: ${cases().length} of ${failing}`);
  check(document.getElementById("count").textContent === `${failing} of ${good.entries.length}`, "the count");
  change("outcome", "");
  change("change", "worse");
  const worse = good.entries.filter((entry, at) => ["pass", "noted"].includes(entry.outcome) && bad.entries[at] && bad.entries[at].outcome === "fail").length;
  check(worse > 50 && cases().length === worse, `the filter by change: ${cases().length} of ${worse}`);
  change("change", "fixed");
  check(cases().length === 0, "nothing is fixed");
  change("change", "");
  change("text", "router-id/urn");
  check(cases().length === 1, "the filter by text");

  const [, first, second] = cases()[0].children;
  check(first.querySelector("button").textContent === "pass", "the good server's cell");
  second.querySelector("button").click();
  const dialog = document.getElementById("detail");
  check(dialog.open, "a cell opens");
  const entry = bad.entries.find(entry => entry.id === "router-id/urn");
  for (const key of ["why", "sent", "answer", "rule", "risk"]) check(dialog.textContent.includes(entry[key]), `the dialog has ${key}`);
  check(location.hash === "#router-id%2Furn:1", `the address of a case: ${location.hash}`);
  check([...dialog.querySelectorAll("a")].some(link => link.href === "https://cwe.mitre.org/data/definitions/664.html"), "the link of a weakness");
  dialog.querySelector(".close").click();
  check(!dialog.open, "it closes");
  change("text", "");

  all("#summary tbody tr")[2].querySelectorAll("button.fail")[0].click();
  check(document.getElementById("weakness").value === "CWE-664" && cases().length > 50, "a count leads to its cases");

  check(all("img").length === 0 && document.title === "hanotify audit", "text became markup");
  check(performance.getEntriesByType("resource").filter(entry => !entry.name.startsWith("data:")).length === 0, "something was fetched");
  check(document.documentElement.scrollWidth <= window.innerWidth, "the page is wider than its window");

  // WCAG's contrast: 4.5 for text of this size.
  const numbers = text => text.match(/[\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, at) => sum + c * [.2126, .7152, .0722][at], 0);
  const behind = element => { for (; element; element = element.parentElement) { const color = numbers(getComputedStyle(element).backgroundColor); if (color.length === 3 || color[3] > 0) return color; } return [255, 255, 255]; };
  change("weakness", "");
  for (const element of all("h1, h2, p, td, th, small, label, .badge, code, select, input, #count")) {
    const [one, two] = [luminance(numbers(getComputedStyle(element).color)), luminance(behind(element))].sort((a, b) => b - a);
    if ((one + .05) / (two + .05) < 4.5) { wrong.push(`contrast of ${element.tagName}.${element.className}`); break; }
  }

  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  check((luminance(behind(document.body)) < .2) === dark, "the background fits the scheme");
  const result = document.createElement("pre");
  result.id = "result";
  result.textContent = `${dark ? "dark" : "light"}: ${wrong.length ? wrong.join("; ") : "all well"}`;
  document.body.append(result);
})();
