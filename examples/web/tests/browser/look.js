// Returns the faults of this page, as sentences, for users who see badly or not at all, or have a small screen.
const faults = [];
const all = (selector) => [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility());
const what = (element) => `<${element.tagName.toLowerCase()}> "${(element.name || element.textContent || "").trim().slice(0, 40)}"`;

if (document.documentElement.lang !== "en") faults.push("the page does not say its language");
if (!document.title.endsWith(" · Second Factor")) faults.push(`the title is ${document.title}`);
const width = document.documentElement.scrollWidth;
const screenWidth = document.documentElement.clientWidth;
if (width > screenWidth) faults.push(`${width} pixels wide on a screen of ${screenWidth}`);

// Screen readers navigate by headings.
const levels = all("h1, h2, h3").map((heading) => Number(heading.tagName[1]));
if (levels.filter((level) => level === 1).length !== 1 || levels[0] !== 1) faults.push(`headings ${levels}`);
if (levels.some((level, index) => level > (levels[index - 1] ?? 0) + 1)) faults.push(`headings ${levels} skip a level`);

// Each control has a name and is large enough for a thumb (WCAG 2.2 §2.5.8: 24 pixels).
for (const field of all("input:not([type=hidden])")) if (!field.labels.length) faults.push(`${what(field)} has no label`);
for (const field of all("input:not([type=hidden], [type=checkbox])")) if (!field.autocomplete) faults.push(`${what(field)}: no autocomplete`);
for (const target of all("main a, button, input:not([type=hidden], [type=checkbox]), label.tick")) {
  if (!(target.ariaLabel || target.textContent || target.name).trim()) faults.push(`${what(target)} has no name`);
  const { height } = target.getBoundingClientRect();
  if (height < 24) faults.push(`${what(target)} is ${height} pixels high`);
}
const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
if (new Set(ids).size !== ids.length) faults.push(`some ids occur twice: ${ids}`);
for (const name of ["aria-describedby", "aria-labelledby", "for"]) {
  for (const element of document.querySelectorAll(`[${name}]`)) {
    for (const id of element.getAttribute(name).split(" ")) if (!ids.includes(id)) faults.push(`${name}=${id}: nothing has this id`);
  }
}

// Contrast (WCAG 2.2 §1.4.3 and §1.4.11), each colour over its background.
const rgba = (colour) => {
  const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
  return [r, g, b, a];
};
const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a), 1];
const ground = (element) => {
  if (!element) return [255, 255, 255, 1];
  return over(rgba(getComputedStyle(element).backgroundColor), ground(element.parentElement));
};
const light = (colour) => {
  const [r, g, b] = colour.slice(0, 3).map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one, other) => {
  const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
};
const demand = (element, colour, below, least, part) => {
  const is = contrast(over(colour, below), below);
  if (is < least) faults.push(`${what(element)}: ${part} has a contrast of ${is.toFixed(2)}, below ${least}`);
};
for (const element of all("body *")) {
  const style = getComputedStyle(element);
  if ([...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim())) {
    demand(element, rgba(style.color), ground(element), 4.5, "the text");
  }
  if (element.matches("input:not([type=checkbox])")) {
    demand(element, rgba(style.color), ground(element), 4.5, "what is typed");
    demand(element, rgba(style.borderTopColor), ground(element.parentElement), 3, "the border");
    const { color, opacity } = getComputedStyle(element, "::placeholder");
    const [r, g, b, a] = rgba(color);
    demand(element, [r, g, b, a * opacity], ground(element), 4.5, "the placeholder");
  }
}
return faults;
