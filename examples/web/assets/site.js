// What is easier with a script. The site does without.

// A button that copies.
for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    button.textContent = "Copied";
  });
}

// Codes in a row: a full field leads to the next, and what is pasted is spread over them.
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

// A form that was just sent is not sent again by a second click, which would give up the answer to the first.
addEventListener("submit", (event) => {
  const { dataset } = event.target;
  if (Date.now() - (dataset.sent ?? 0) < 5000) event.preventDefault();
  else dataset.sent = Date.now();
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
