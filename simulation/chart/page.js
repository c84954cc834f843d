"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const lines = data.lines;
  const members = data.members;
  const at = (id) => document.getElementById(id);
  const nameOf = (member) => members[member].name.replace("_", " ");

  // --- what led to what ------------------------------------------------------------------------
  // A message is known by its step. What follows from it: the notes of the step, and the messages
  // that it sent.

  const messageOf = new Map();
  const effectsOf = new Map();
  lines.forEach((line, index) => {
    line.index = index;
    if (line.note === undefined) messageOf.set(line.step, index);
  });
  lines.forEach((line) => {
    const cause = line.note === undefined ? line.cause : line.step;
    const from = messageOf.get(cause);
    if (from === undefined || from === line.index) return;
    line.because = from;
    if (line.note !== undefined) line.from = lines[from].to;
    if (line.note !== undefined && line.job === undefined) line.job = lines[from].job;
    if (!effectsOf.has(from)) effectsOf.set(from, []);
    effectsOf.get(from).push(line.index);
  });

  const causesOf = (index) => {
    const found = new Set();
    let next = lines[index].because;
    for (; next !== undefined; next = lines[next].because) found.add(next);
    return found;
  };
  const allEffectsOf = (index) => {
    const found = new Set();
    const open = [index];
    while (open.length > 0) {
      for (const effect of effectsOf.get(open.pop()) || []) {
        if (!found.has(effect)) open.push(effect);
        found.add(effect);
      }
    }
    return found;
  };

  // --- what is shown ---------------------------------------------------------------------------

  const state = { job: "", search: "", between: false, only: false, picked: undefined };
  let causes = new Set();
  let effects = new Set();
  let shown = [];     // numbers of lines
  let placeOf = new Map();  // where a line stands among them
  let columns = [];   // numbers of members
  let size = {};

  const isTimer = (line) => line.note === undefined && line.from === line.to;
  const isImportant = (line) => line.style === "violation" || line.style === "process";
  const isOfWorld = (line) => line.style === "fault" && line.job === undefined;

  const isInChain = (index) =>
    index === state.picked || causes.has(index) || effects.has(index);

  const fits = (line) => {
    if (state.only && !isInChain(line.index)) return false;
    const isOfJob = state.job === "" || line.job === Number(state.job);
    if (!isOfJob && !isImportant(line) && !isOfWorld(line)) return false;
    if (state.between && isTimer(line)) return false;
    if (state.search === "") return true;
    return (line.text + " " + (line.note || "")).toLowerCase().includes(state.search);
  };

  const choose = () => {
    shown = lines.filter(fits).map((line) => line.index);
    placeOf = new Map(shown.map((index, place) => [index, place]));
    const used = new Set();
    for (const index of shown) {
      used.add(lines[index].to);
      if (lines[index].from !== undefined) used.add(lines[index].from);
    }
    columns = members.map((_, number) => number).filter((number) => used.has(number));
    const messages = shown.filter((index) => lines[index].note === undefined).length;
    at("count").textContent = `${messages.toLocaleString("en")} messages`;
  };

  const measure = () => {
    const width = at("chart").clientWidth;
    const isNarrow = width < 700;
    const time = isNarrow ? 8 : 118;
    const room = isNarrow ? width - 20 : Math.max(220, width * 0.52 - time);
    const lane = Math.max(isNarrow ? 14 : 17, Math.min(86, room / Math.max(1, columns.length)));
    size = {
      isNarrow,
      left: time + lane / 2,
      lane,
      chart: lane * columns.length,
      row: isNarrow ? 46 : 24,
      middle: isNarrow ? 35 : 12,
      text: isNarrow ? 82 : time + lane * columns.length + 14,
      head: 104,
    };
    size.width = isNarrow ? Math.max(width, size.chart + 16) : width;
  };
  const xOf = (member) => size.left + size.lane * columns.indexOf(member);
  const colorOf = (line) => {
    if (line.style === "violation") return "var(--bad)";
    if (line.style === "fault") return "var(--fault)";
    if (line.job === undefined) return "var(--soft)";
    return `hsl(${(line.job * 137) % 360} 70% var(--job-light))`;
  };

  // --- drawing ---------------------------------------------------------------------------------
  // Only the rows in sight are in the document, however long the story is.

  const svg = (name, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const element = (name, className, text) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const secondsOf = (line) => (line.ms / 1000).toFixed(3) + " s";

  const headOf = (x, y, direction) =>
    svg("path", { class: "head", d: `M${x},${y} l${-8 * direction},-4.5 v9 z` });
  const squareAt = (x, y) =>
    svg("rect", { class: "head", x: x - 4, y: y - 4, width: 8, height: 8, rx: 1.5 });
  const flight = (from, to, y, kind) =>
    svg("line", { class: `flight ${kind}`, x1: from, y1: y, x2: to, y2: y });

  const shapesOf = (line) => {
    const y = size.middle;
    const to = xOf(line.to);
    if (line.note !== undefined) {
      const hasFrom = line.from !== undefined && line.from !== line.to && !isImportant(line);
      const square = squareAt(to, y);
      return hasFrom ? [flight(xOf(line.from), to, y, "faint"), square] : [square];
    }
    if (line.from === undefined || line.from === line.to)
      return [svg("circle", { class: "flight", cx: to, cy: y, r: 4 })];
    const from = xOf(line.from);
    const direction = to > from ? 1 : -1;
    const kind = line.text.startsWith("answer") ? "answer" : "";
    return [flight(from, to - 6 * direction, y, kind), headOf(to, y, direction)];
  };

  const markOf = (index) => {
    if (state.picked === undefined) return "";
    if (index === state.picked) return " picked";
    if (causes.has(index)) return " cause";
    return effects.has(index) ? " effect" : " faded";
  };

  const textOf = (line) => {
    if (line.note !== undefined) return line.text === "" ? line.note : `${line.note}: ${line.text}`;
    return line.text === "starts" ? `${nameOf(line.to)} starts` : line.text;
  };

  const rowOf = (place) => {
    const line = lines[shown[place]];
    const row = element("div", `row ${line.style || ""}${markOf(line.index)}`);
    row.style.cssText = `top:${place * size.row}px;height:${size.row}px;line-height:24px`;
    row.dataset.index = line.index;
    const time = element("div", "time", secondsOf(line));
    if (!size.isNarrow) time.append(element("small", "", line.step));
    const picture = svg("svg", { width: size.left + size.chart, height: size.row });
    for (const column of columns) {
      const x = xOf(column);
      const top = size.isNarrow ? 24 : 0;
      picture.append(svg("line", { class: "life", x1: x, y1: top, x2: x, y2: size.row }));
    }
    const shapes = svg("g", { style: `color:${colorOf(line)}` });
    shapes.append(...shapesOf(line));
    picture.append(shapes);
    const text = element("div", "text", textOf(line));
    text.style.cssText = `left:${size.text}px;right:8px`;
    text.title = textOf(line);
    row.append(picture, time, text);
    return row;
  };

  const drawHeads = () => {
    const heads = at("heads");
    heads.textContent = "";
    heads.className = size.lane < 34 ? "tall" : "";
    heads.style.height = size.head + "px";
    heads.style.width = size.width + "px";
    for (const column of columns) {
      const name = element("span", "", nameOf(column));
      name.style.left = xOf(column) + "px";
      name.title = members[column].meaning;
      heads.append(name);
    }
  };

  const drawRows = () => {
    const chart = at("chart");
    const rows = at("rows");
    const first = Math.max(0, Math.floor((chart.scrollTop - size.head) / size.row) - 8);
    const last = Math.min(shown.length, first + Math.ceil(chart.clientHeight / size.row) + 20);
    rows.style.height = shown.length * size.row + "px";
    rows.style.width = size.width + "px";
    rows.textContent = "";
    for (let place = first; place < last; ++place) rows.append(rowOf(place));
  };

  let isDue = false;
  const drawSoon = () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      drawRows();
    });
  };
  const draw = () => {
    choose();
    measure();
    drawHeads();
    drawRows();
  };

  // --- moving and selecting --------------------------------------------------------------------

  const showPlace = (place) => {
    const chart = at("chart");
    const top = place * size.row;
    const height = chart.clientHeight - size.head;
    if (top < chart.scrollTop || top + size.row > chart.scrollTop + height)
      chart.scrollTop = Math.max(0, top - height / 3);
  };

  const linkTo = (index, className) => {
    const line = lines[index];
    const made = element("a", className, `${secondsOf(line)}  ${titleOf(line)}`);
    made.tabIndex = 0;
    made.addEventListener("click", () => pick(index));
    made.addEventListener("keydown", (event) => event.key === "Enter" && pick(index));
    return made;
  };
  const titleOf = (line) => {
    if (line.note !== undefined) return textOf(line);
    if (line.text === "starts") return textOf(line);
    const to = nameOf(line.to);
    if (line.from === undefined || line.from === line.to) return `${to}: ${line.text}`;
    return `${nameOf(line.from)} → ${to}: ${line.text}`;
  };
  const addLinks = (into, title, indices, className) => {
    if (indices.length === 0) return;
    into.append(element("p", "quiet", title));
    const list = element("ul");
    for (const index of indices.slice(0, 40)) {
      const item = element("li");
      item.append(linkTo(index, className));
      list.append(item);
    }
    if (indices.length > 40) list.append(element("li", "quiet", `and ${indices.length - 40} more`));
    into.append(list);
  };

  const drawDetail = () => {
    const into = at("detail-text");
    into.textContent = "";
    at("detail").hidden = state.picked === undefined;
    at("only").disabled = state.picked === undefined;
    if (state.picked === undefined) return;
    const line = lines[state.picked];
    into.append(element("p", "", titleOf(line)));
    const job = line.job === undefined ? "" : `, job ${line.job}`;
    into.append(element("p", "quiet", `${secondsOf(line)}, step ${line.step}${job}`));
    addLinks(into, "Because of", line.because === undefined ? [] : [line.because], "to-cause");
    addLinks(into, "Led to", effectsOf.get(state.picked) || [], "to-effect");
    at("detail").scrollTop = 0;
  };

  const pick = (index) => {
    state.picked = index;
    causes = index === undefined ? new Set() : causesOf(index);
    effects = index === undefined ? new Set() : allEffectsOf(index);
    if (index === undefined) state.only = at("only").checked = false;
    if (index !== undefined && !state.only && !fits(lines[index])) showAll();
    drawDetail();
    draw();
    if (placeOf.has(index)) showPlace(placeOf.get(index));
    drawRows();
  };
  const showAll = () => {
    state.job = at("job").value = "";
    state.search = at("search").value = "";
    state.between = at("between").checked = false;
  };

  const step = (by) => {
    const place = placeOf.has(state.picked) ? placeOf.get(state.picked) + by : firstInSight();
    if (place >= 0 && place < shown.length) pick(shown[place]);
  };
  const firstInSight = () => Math.ceil(at("chart").scrollTop / size.row);

  const nextFault = () => {
    const isFault = (index) => lines[index].style === "fault";
    const from = placeOf.has(state.picked) ? placeOf.get(state.picked) + 1 : 0;
    const behind = shown.findIndex((index, place) => place >= from && isFault(index));
    const place = behind >= 0 ? behind : shown.findIndex(isFault);
    if (place >= 0) pick(shown[place]);
  };

  // --- the page around it ----------------------------------------------------------------------

  const violation = lines.find((line) => line.style === "violation");

  const addTerms = (list, rows) => {
    for (const row of rows)
      list.append(element("dt", "", row.name.replace("_", " ")), element("dd", "", row.meaning));
  };

  const fillHeader = () => {
    const name = data.command.replace(/^.*--seed (\d+).*$/, "Seed $1");
    const isBad = data.violation !== "";
    at("verdict").textContent =
      name + (isBad ? ": an invariant is violated" : ": every invariant holds");
    at("verdict").classList.toggle("bad", isBad);
    document.title = at("verdict").textContent;
    at("sentence").textContent = data.violation;
    at("sentence").hidden = !isBad;
    const count = data.faults.length;
    at("summary").textContent =
      `${data.jobs} jobs, ${data.images} images with a result, ` +
      `${data.lives} lives of the process, ${count} kinds of faults. How to read this`;
    const jobs = members.filter((each) => /^job \d/.test(each.name));
    addTerms(at("members"), members.filter((each) => !jobs.includes(each)));
    addTerms(at("faults"), count > 0 ? data.faults : [{ name: "nothing", meaning: "" }]);
    at("command").textContent = data.command;
    at("numbers").textContent = `${data.steps} messages and timers, hash ${data.hash}`;
    at("job").append(new Option("all", ""));
    for (const each of jobs) at("job").append(new Option(each.name.slice(4), each.name.slice(4)));
    at("violation").hidden = violation === undefined;
    at("fault").disabled = !lines.some((line) => line.style === "fault");
  };

  const listen = () => {
    const refilter = () => {
      draw();
      if (placeOf.has(state.picked)) showPlace(placeOf.get(state.picked));
      drawRows();
    };
    at("job").addEventListener("change", () => { state.job = at("job").value; refilter(); });
    at("search").addEventListener("input", () => {
      state.search = at("search").value.trim().toLowerCase();
      refilter();
    });
    at("between").addEventListener("change", () => {
      state.between = at("between").checked;
      refilter();
    });
    at("only").addEventListener("change", () => { state.only = at("only").checked; refilter(); });
    at("fault").addEventListener("click", nextFault);
    at("violation").addEventListener("click", () => pick(violation.index));
    at("close").addEventListener("click", () => pick(undefined));
    at("chart").addEventListener("scroll", drawSoon);
    at("rows").addEventListener("click", (event) => {
      const row = event.target.closest(".row");
      if (row) pick(Number(row.dataset.index));
    });
    addEventListener("resize", draw);
    addEventListener("keydown", (event) => {
      if (event.target.matches("input, select")) return;
      if (event.key === "Escape") return pick(undefined);
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      event.preventDefault();
      step(event.key === "ArrowDown" ? 1 : -1);
    });
  };

  fillHeader();
  listen();
  draw();
  // A link may name a step: chart.html#step=1234.
  const wanted = messageOf.get(Number(/^#step=(\d+)$/.exec(location.hash)?.[1]));
  if (wanted !== undefined) {
    pick(wanted);
  } else if (data.violation !== "" && lines.length > 0) {
    pick(violation ? violation.index : lines.length - 1);
  }
})();
