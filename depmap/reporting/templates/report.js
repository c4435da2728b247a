"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const board = byId("board"), svg = byId("dsm"), panel = byId("cell"), cursor = byId("cursor");
  const left = +svg.dataset.left, top = +svg.dataset.top, size = +svg.dataset.cell;
  const hint = panel.firstElementChild;
  const LIST = 200;
  let layer = "all", cells = [], at = -1, lookup = new Map();
  document.documentElement.classList.add("script");

  // Which cells the chosen layer leaves, each with the dependencies of that layer only.
  function filterCells() {
    cells = [];
    for (const [row, column, ...items] of data.cells) {
      const kept = layer === "all" ? items : items.filter((i) => data.layers[i] === layer[0]);
      if (kept.length) cells.push({ row, column, items: kept });
    }
    lookup = new Map(cells.map((cell, i) => [cell.row + "," + cell.column, i]));
    show(-1);
  }

  function labels(cell) {
    for (const text of svg.querySelectorAll("text.on")) text.classList.remove("on");
    if (!cell) return;
    for (const [kind, i] of [["row", cell.row], ["column", cell.column]]) {
      const text = svg.querySelector("text." + kind + '[data-i="' + i + '"]');
      if (text) text.classList.add("on");
    }
  }

  function entry(i) {
    const source = byId("d" + i), item = document.createElement("li");
    const link = document.createElement("a"), said = source.querySelector("b");
    item.className = said.className;
    link.href = "#d" + i;
    link.textContent = said.textContent;
    const more = document.createElement("small");
    more.textContent = " " + source.querySelector("small").textContent;
    item.append(link, more);
    return item;
  }

  function show(index) {
    at = index;
    const cell = cells[index];
    for (const id of ["cursor", "cross-row", "cross-column"]) byId(id).setAttribute("visibility", cell ? "visible" : "hidden");
    labels(cell);
    if (!cell) { panel.replaceChildren(hint); return; }
    cursor.setAttribute("x", cell.column * size);
    cursor.setAttribute("y", cell.row * size);
    byId("cross-row").setAttribute("y", cell.row * size);
    byId("cross-column").setAttribute("x", cell.column * size);
    const list = document.createElement("ul");
    list.append(...cell.items.slice(0, LIST).map(entry));
    panel.replaceChildren(list);
    if (cell.items.length > LIST) {
      const rest = document.createElement("p");
      rest.textContent = "and " + (cell.items.length - LIST) + " more in dependencies.csv";
      panel.append(rest);
    }
  }

  function open(i) {
    const target = byId("d" + i);
    if (!target) return;
    target.closest("details").open = true;
    target.closest("details").hidden = target.hidden = false;
    history.replaceState(null, "", "#d" + i);
    target.scrollIntoView({ block: "center" });
    target.tabIndex = -1;
    target.focus({ preventScroll: true });
  }

  // A cell is found by arithmetic, so that no element a cell is needed.
  function under(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const row = Math.floor((point.y - top) / size), column = Math.floor((point.x - left) / size);
    return lookup.get(row + "," + column) ?? -1;
  }

  function nextRow(step) {
    const row = at < 0 ? -1 : cells[at].row;
    if (step > 0) return cells.findIndex((cell) => cell.row > row);
    const above = cells.findLast((cell) => cell.row < row);
    return above ? cells.findIndex((cell) => cell.row === above.row) : -1;
  }

  const moves = {
    ArrowRight: () => Math.min(at + 1, cells.length - 1),
    ArrowLeft: () => Math.max(at - 1, 0),
    ArrowDown: () => nextRow(1),
    ArrowUp: () => nextRow(-1),
    Home: () => 0,
    End: () => cells.length - 1,
  };
  board.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !cells.length) return;
    if (event.key === "Enter" && at >= 0) { event.preventDefault(); open(cells[at].items[0]); }
    if (event.key === "Escape") show(-1);
    if (!(event.key in moves)) return;
    event.preventDefault();
    const index = moves[event.key]();
    if (index >= 0) show(index);
  });
  svg.addEventListener("mousemove", (event) => {
    const index = under(event);
    if (index >= 0 && index !== at) show(index);
  });
  svg.addEventListener("click", (event) => {
    const index = under(event);
    if (index >= 0) { show(index); if (cells[index].items.length === 1) open(cells[index].items[0]); }
  });
  for (const input of document.querySelectorAll("input[name=layer]")) {
    input.addEventListener("change", () => { layer = input.value; filterCells(); });
    if (input.checked) layer = input.value;
  }

  // The filter of the evidence: consumers without a match are hidden, and counted.
  const filter = byId("filter"), found = byId("found");
  const groups = [...document.querySelectorAll("details.consumer")];
  function apply() {
    const wanted = filter.value.trim().toLowerCase();
    let shown = 0, total = 0;
    for (const group of groups) {
      let matches = 0;
      for (const item of group.querySelectorAll(":scope > ul > li")) {
        item.hidden = wanted !== "" && !item.textContent.toLowerCase().includes(wanted);
        matches += !item.hidden;
        total += 1;
      }
      group.hidden = !matches;
      shown += matches;
    }
    found.textContent = wanted ? shown + " shown + " + (total - shown) + " filtered = " + total : "";
  }
  let waiting = 0;
  filter.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(apply, 120); });

  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.matches("input")) { event.preventDefault(); filter.focus(); }
    if (event.key === "Escape" && event.target === filter) { filter.value = ""; apply(); filter.blur(); }
    if (event.key === "Escape" && event.target.matches("li[id^=d]")) board.focus();
  });
  function followHash() {
    const match = /^#d(\d+)$/.exec(location.hash);
    if (match) open(+match[1]);
  }
  addEventListener("hashchange", followHash);
  filterCells();
  followHash();
})();
