// Conveniences. The site works without this script.

// The copy buttons.
for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    button.textContent = "Copied";
  });
}

// Codes in a row: a full field moves the focus to the next one, and pasted codes are spread over the fields.
for (const row of document.querySelectorAll("fieldset.row")) {
  const fields = [...row.querySelectorAll("input")];
  for (const [index, field] of fields.entries()) {
    field.addEventListener("input", () => {
      const codes = field.value.trim().split(/\s+/);
      if (!codes.every((code) => /^\d{6}$/.test(code)) || codes.length > fields.length - index) return;
      codes.forEach((code, place) => (fields[index + place].value = code));
      fields[Math.min(index + codes.length, fields.length - 1)].focus();
    });
  }
}

// Drops a second click on a form that was just sent: with a second request, the browser would ignore the answer to the first.
addEventListener("submit", (event) => {
  const { dataset } = event.target;
  if (Date.now() - (dataset.sent ?? 0) < 5000) event.preventDefault();
  else dataset.sent = Date.now();
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
