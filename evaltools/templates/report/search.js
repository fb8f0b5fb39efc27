for (const box of document.querySelectorAll(".ev-search")) {
  const input = box.querySelector("input"), said = box.querySelector("output");
  const rows = [...box.parentElement.querySelectorAll("tbody tr:not(.ev-group)")].map((row) => {
    const place = row.querySelector("[data-area]");
    const text = row.querySelector("th").textContent + " " + (place ? place.dataset.area : "");
    return [row, text.toLowerCase()];
  });
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    let shown = 0;
    for (const [row, text] of rows) {
      row.hidden = !text.includes(wanted);
      shown += row.hidden ? 0 : 1;
    }
    said.textContent = !wanted ? "" : shown ? `${box.dataset.count} ${shown}` : box.dataset.none;
  });
  box.hidden = false;
}
