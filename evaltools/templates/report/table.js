(() => {
  const number = (text) => {
    const found = /[-−]?\d[\d,]*(\.\d+)?/.exec(text);
    return found ? parseFloat(found[0].replace(/,/g, "").replace("−", "-")) : NaN;
  };
  const make = (name, parent, text) => {
    const element = document.createElement(name);
    if (text) element.textContent = text;
    return parent.appendChild(element);
  };
  // What takes a look at every row waits until somebody asks for it.
  const once = (find) => {
    let found;
    return () => (found = found || find());
  };
  const codeOf = (row) => row.querySelector("[data-area]")?.dataset.area || "";

  // Whoever is picked is marked in all tables and charts.
  const picked = new Set(), told = [];
  const places = once(() => {
    const found = new Map(), drawings = new Map();
    for (const element of document.querySelectorAll("main [data-area]")) {
      const drawing = element.closest("svg"), code = element.dataset.area;
      if (!found.has(code)) found.set(code, []);
      found.get(code).push(drawing ? element : element.closest("tr") || element);
      if (drawing) drawings.set(drawing, (drawings.get(drawing) || new Set()).add(code));
    }
    return { found, drawings };
  });
  const pick = (codes, on) => {
    for (const code of codes) {
      on ? picked.add(code) : picked.delete(code);
      for (const element of places().found.get(code)) element.classList.toggle("ev-picked", on);
    }
    for (const [drawing, own] of places().drawings) {
      drawing.classList.toggle("ev-choosing", [...picked].some((code) => own.has(code)));
    }
    for (const tell of told) tell();
  };
  const nameOf = (code) => {
    const row = places().found.get(code).find((element) => element.matches("tr"));
    return row ? row.querySelector("[data-area]").textContent : code;
  };
  document.querySelector("main").addEventListener("click", (event) => {
    if (event.target.closest("a, button") || String(getSelection())) return;
    const mark = event.target.closest("svg [data-area]"), row = event.target.closest("tbody tr");
    const code = mark ? mark.dataset.area : row ? codeOf(row) : "";
    if (code) pick([code], !picked.has(code));
  });
  for (const table of document.querySelectorAll("main table")) {
    if (table.querySelector("[data-area]")) table.classList.add("ev-pickable");
  }

  for (const box of document.querySelectorAll(".ev-tools")) {
    const words = box.dataset, table = box.parentElement.querySelector("table"), pieces = [...table.tBodies];
    const heads = [...table.tHead.rows[0].cells], chosen = +words.choose;
    const rows = pieces.flatMap((body) => [...body.rows]);
    const size = pieces[0].rows.length;
    const known = once(() => rows.map((row, place) => {
      const code = codeOf(row);
      const name = `${row.querySelector("th").textContent} ${code}`.toLowerCase();
      return { row, place, code, name, value: chosen >= 0 ? row.cells[chosen].textContent : "" };
    }));
    const input = make("input", make("label", box, words.search));
    input.type = "search";
    let choice = null;
    if (chosen >= 0) {
      choice = make("select", make("label", box, heads[chosen].textContent));
      make("option", choice, words.all).value = "";
      for (const value of new Set(rows.map((row) => row.cells[chosen].textContent))) {
        make("option", choice, value).value = value;
      }
    }
    const mark = make("button", box, words.pick), unmark = make("button", box, words.unpick);
    const count = make("output", box), said = make("output", box);
    mark.type = unmark.type = "button";
    mark.disabled = true;
    let found = [], order = null;
    // A long table stands in pieces, of which a browser does not look into those that are far away: what is shown
    // fills the first of them, and what is left over is hidden whole.
    const lay = () => {
      const shown = new Set(found), all = [...found, ...order.filter((one) => !shown.has(one))];
      for (const one of all) if (one.row.hidden === shown.has(one)) one.row.hidden = !shown.has(one);
      pieces.forEach((body, at) => {
        const own = all.slice(at * size, (at + 1) * size);
        if (own.some((one, place) => body.rows[place] !== one.row)) body.append(...own.map((one) => one.row));
        body.hidden = at > 0 && at * size >= found.length;
      });
    };
    const filter = () => {
      const wanted = input.value.trim().toLowerCase(), value = choice ? choice.value : "";
      order = order || known();
      found = order.filter((one) => one.name.includes(wanted) && (!value || one.value === value));
      lay();
      count.textContent = !wanted && !value ? "" : found.length ? `${words.count} ${found.length}` : words.none;
      mark.disabled = !found.some((one) => one.code) || found.length === known().length || found.length > 20;
    };
    const tell = () => {
      unmark.disabled = !picked.size;
      const codes = [...picked], names = codes.slice(0, 5).map(nameOf).join(", ");
      said.textContent = !codes.length ? words.hint : `${words.picked}: ${names}${codes.length > 5 ? " …" : ""}`;
    };
    told.push(tell);
    input.addEventListener("input", filter);
    input.addEventListener("keydown", (event) => event.key === "Enter" && !mark.disabled && mark.click());
    if (choice) choice.addEventListener("change", filter);
    mark.addEventListener("click", () => pick(found.map((one) => one.code).filter(Boolean), true));
    unmark.addEventListener("click", () => { pick([...picked], false); input.focus(); });

    // A column of few values keeps the order in which they first stand, as grades do; names go by their spelling.
    const keys = (column) => {
      const texts = known().map((one) => one.row.cells[column].textContent.trim());
      if (heads[column].matches(".ev-num")) return texts.map(number);
      const distinct = [...new Set(texts)];
      if (distinct.length * 2 > texts.length) return texts;
      return texts.map((text) => (/[\p{L}\p{N}]/u.test(text) ? distinct.indexOf(text) : NaN));
    };
    const compare = new Intl.Collator(document.documentElement.lang).compare;
    heads.forEach((head, column) => {
      if (rows.slice(0, 50).some((row) => row.cells[column].querySelector("svg"))) return;
      const key = once(() => keys(column)), button = document.createElement("button");
      button.type = "button";
      button.title = `${words.sort}: ${head.textContent}`;
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const empty = (one) => Number.isNaN(key()[one.place]) || key()[one.place] === "";
        order = [...known()].sort((one, other) => {
          if (empty(one) || empty(other)) return empty(one) - empty(other) || one.place - other.place;
          const a = key()[one.place], b = key()[other.place];
          const way = typeof a === "string" ? compare(a, b) : a - b;
          return (down ? -way : way) || one.place - other.place;
        });
        filter();
      });
    });
    tell();
    box.hidden = false;
  }
})();
