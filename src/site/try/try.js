// The page Try it: two digits, what the network sees of them, and how far apart it puts them. All of it happens in the page; the
// network and the test digits come from the folder that this script is in.
(() => {
  const base = new URL(".", document.currentScript.src);
  const all = selector => [...document.querySelectorAll(selector)];
  const [page, status, result, place, scale] = ["", "-status", "-result", "-place", "-scale"]
      .map(name => document.getElementById(`try${name}`));
  const SVG = "http://www.w3.org/2000/svg";
  const MOST_BYTES = 50_000_000;
  const MOST_PIXELS = 9e6; // of a photograph; what is larger is made smaller first
  const NAMES = ["first", "second"];
  const sides = [null, null]; // of each picture: its ink and its embedding
  const percent = share => `${(100 * share).toFixed(1)} %`;
  let pictures; // the modules, and what is about the network
  let photograph;
  let ort;
  let about;
  let session;
  let digits;
  let pads = [];
  let busy = 0;

  function element(name, attributes, ...children) {
    const made = name.includes(":") ? document.createElementNS(SVG, name.slice(4)) : document.createElement(name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    made.append(...children);
    return made;
  }

  async function load(name) {
    const answer = await fetch(new URL(name, base));
    if (!answer.ok) {
      throw new Error(`${name}: ${answer.status} ${answer.statusText}`);
    }
    return answer;
  }

  async function start() {
    if (location.protocol === "file:") {
      throw new Error("A browser lets no page that is opened as a file read the network beside it; run: python3 course.py demo");
    }
    if (typeof WebAssembly !== "object") {
      throw new Error("The network runs by WebAssembly, which this browser lacks or forbids; another browser will do.");
    }
    status.textContent = "The network is on its way (14 MB) …";
    try {
      [pictures, {photograph}, {Pad: pads}, ort] = await Promise.all(["pictures.js", "ink.js", "pad.js", "ort.wasm.bundle.min.mjs"]
          .map(name => import(new URL(name, base))));
      ort.env.wasm.numThreads = 1;
      ort.env.wasm.wasmPaths = {wasm: new URL("ort-wasm-simd-threaded.wasm", base).href};
      const network = load("network/network.onnx").then(answer => answer.arrayBuffer());
      const data = load("network/digits.bin").then(answer => answer.arrayBuffer());
      about = await (await load("network/about.json")).json();
      const count = about.labels.length;
      const area = pictures.SIZE ** 2;
      const bytes = await data;
      const vectors = new Float32Array(bytes, count * area);
      digits = about.labels.map((label, i) => ({label, ink: new Uint8Array(bytes, i * area, area),
        embedding: vectors.subarray(i * vectors.length / count, (i + 1) * vectors.length / count)}));
      session = await ort.InferenceSession.create(new Uint8Array(await network), {executionProviders: ["wasm"]});
      await embed(new Uint8Array(area)); // the first run takes longest
    } catch (problem) {
      throw new Error(`The network could not be started (${problem.message}); reload the page, or try a newer browser.`);
    }
    const Pad = pads;
    pads = all(".try-pad > canvas").map((canvas, k) => new Pad(canvas, () => drawn(k), text => { status.textContent = text; }));
    all(".try-pad").forEach(listen);
    document.getElementById("try-about").textContent = about.text;
    for (const kind of ["dragover", "drop"]) { // a picture that misses the paper does not replace the page
      addEventListener(kind, event => event.preventDefault());
    }
    addEventListener("resize", show);
    show();
    status.textContent = "";
    page.dataset.busy = 0;
  }

  function listen(section, k) {
    const [clear, digit] = section.querySelectorAll("button");
    clear.addEventListener("click", () => {
      pads[k].clear();
      drawn(k);
    });
    digit.addEventListener("click", () => {
      const one = digits[Math.floor(Math.random() * digits.length)];
      pads[k].clear(asCanvas(one.ink));
      update(k, async () => one.ink, `Test digit, a ${one.label}`);
    });
    const input = section.querySelector("input");
    input.addEventListener("change", () => {
      if (input.files.length) {
        update(k, () => read(k, input.files[0]), "Your picture");
        input.value = "";
      }
    });
    for (const kind of ["dragover", "dragleave", "drop"]) {
      section.addEventListener(kind, event => {
        event.preventDefault();
        section.classList.toggle("try-over", kind === "dragover");
        if (kind === "drop") {
          const [file] = event.dataTransfer.files;
          update(k, () => file ? read(k, file) : Promise.reject(new Error("What was dropped is no file; drop a picture.")),
              "Your picture");
        }
      });
    }
  }

  function drawn(k) {
    update(k, async () => pads[k].empty ? null : pictures.likeMnist(pads[k].picture), "Your drawing");
  }

  /** The ink of a picture file; the paper shows it. */
  async function read(k, file) {
    if (file.size > MOST_BYTES) {
      throw new Error(`${file.name} has more than ${MOST_BYTES / 1e6} MB; make the picture smaller.`);
    }
    let bitmap;
    try {
      bitmap = await createImageBitmap(file);
    } catch {
      throw new Error(`${file.name} is not a picture that this browser can read; save it as PNG or JPEG.`);
    }
    const shrink = Math.min(1, Math.sqrt(MOST_PIXELS / bitmap.width / bitmap.height));
    const canvas = element("canvas", {width: Math.max(1, Math.round(bitmap.width * shrink)),
      height: Math.max(1, Math.round(bitmap.height * shrink))});
    const context = canvas.getContext("2d", {willReadFrequently: true});
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    let ink;
    try {
      ink = photograph(pictures.rgbOf(context.getImageData(0, 0, canvas.width, canvas.height)));
    } catch (problem) {
      throw new Error(`${file.name}: ${problem.message}`);
    }
    pads[k].clear(canvas);
    return ink;
  }

  /** Puts another picture on one side; what is wrong with it is said, and the side stays as it was. */
  async function update(k, make, what) {
    page.dataset.busy = ++busy;
    try {
      const ink = await make();
      sides[k] = ink && {ink, embedding: await embed(ink), what};
      status.textContent = "";
      show();
    } catch (problem) {
      status.textContent = problem.message;
    } finally {
      page.dataset.busy = --busy;
    }
  }

  async function embed(ink) {
    const input = new ort.Tensor("float32", Float32Array.from(ink, value => value / 255), [1, 1, pictures.SIZE, pictures.SIZE]);
    const {embedding} = await session.run({input});
    return embedding.data;
  }

  function distance(a, b) {
    const sum = of => a.reduce((total, _, i) => total + of(a[i], b[i]), 0);
    return about.distance === "cosine" ? 1 - sum((x, y) => x * y) / Math.sqrt(sum(x => x * x) * sum((_, y) => y * y))
        : Math.sqrt(sum((x, y) => (x - y) ** 2));
  }

  function asCanvas(ink, attributes = {}) {
    const canvas = element("canvas", {width: pictures.SIZE, height: pictures.SIZE, ...attributes});
    paint(canvas, ink);
    return canvas;
  }

  function paint(canvas, ink) {
    const image = new ImageData(pictures.SIZE, pictures.SIZE);
    new Uint32Array(image.data.buffer).forEach((_, p, whole) => {
      whole[p] = 0xff000000 | (255 - (ink ? ink[p] : 0)) * 0x010101;
    });
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  function show() {
    all(".try-seen").forEach((canvas, k) => {
      paint(canvas, sides[k]?.ink);
      canvas.setAttribute("aria-label", sides[k] ? `${sides[k].what}, as the network sees it` : "Nothing yet");
    });
    all("#try-near section").forEach((section, k) => section.replaceChildren(...neighbours(k)));
    const both = sides[0] && sides[1];
    const d = both ? distance(sides[0].embedding, sides[1].embedding) : null;
    scale.replaceChildren(chart(d));
    place.textContent = "";
    delete result.dataset.distance;
    if (!both) {
      result.textContent = sides[0] ? "Now draw the second digit." : sides[1] ? "Now draw the first digit." : "Draw a digit on each paper.";
      return;
    }
    const same = d <= about.threshold;
    result.dataset.distance = d;
    result.replaceChildren("Distance ", element("b", {}, d.toFixed(3)), same ? ", within" : ", beyond", " the threshold of ",
        element("b", {}, about.threshold.toFixed(3)), ": ",
        element("b", {class: same ? "try-yes" : "try-no"}, same ? "the same digit" : "not the same digit"), ".");
    const {similar, dissimilar} = about.histogram;
    place.textContent = `Of ${total(similar).toLocaleString("en")} test pairs of one digit, about ${percent(1 - nearer(similar, d))} `
        + `are farther apart than yours; of ${total(dissimilar).toLocaleString("en")} of two digits, about `
        + `${percent(nearer(dissimilar, d))} are nearer.`;
  }

  const total = counts => counts.reduce((a, b) => a + b, 0);

  /** The share of the pairs that are nearer than a distance; within a bar of the histogram by interpolation. */
  function nearer(counts, d) {
    const bars = d / about.histogram.width;
    return counts.reduce((sum, count, k) => sum + count * Math.min(1, Math.max(0, bars - k)), 0) / total(counts);
  }

  function neighbours(k) {
    const to = `To the ${NAMES[k]}: `;
    if (!sides[k]) {
      return [element("p", {}, `${to}nothing is drawn yet.`)];
    }
    const five = digits.map(digit => ({digit, d: distance(digit.embedding, sides[k].embedding)})).sort((a, b) => a.d - b.d).slice(0, 5);
    return [element("p", {}, `${to}${five.map(({digit}) => digit.label).join(", ")}`), element("ol", {}, ...five.map(({digit, d}) =>
      element("li", {}, asCanvas(digit.ink, {role: "img", "aria-label": `a ${digit.label} of the test digits`}), d.toFixed(2))))];
  }

  /** The test pairs' distances, the threshold, and where a pair falls. */
  function chart(d) {
    const {width, similar, dissimilar} = about.histogram;
    const whole = Math.min(640, scale.clientWidth || 640); // so that letters keep their size on a telephone
    const [left, right, top, bottom] = [10, whole - 10, 40, 190];
    const most = width * similar.length;
    const tallest = Math.max(...similar.map(n => n / total(similar)), ...dissimilar.map(n => n / total(dissimilar)));
    const x = value => left + (right - left) * Math.min(1, value / most);
    const outline = counts => counts.reduce((path, n, k) => {
      const y = (bottom - (bottom - top) * n / total(counts) / tallest).toFixed(1);
      return `${path}L${x(k * width).toFixed(1)} ${y}L${x((k + 1) * width).toFixed(1)} ${y}`;
    }, `M${left} ${bottom}`) + `L${right} ${bottom}Z`;
    const curve = (counts, colour, dashes) => element("svg:path", {d: outline(counts), fill: colour, "fill-opacity": 0.25, stroke: colour,
      "stroke-width": 1.5, ...dashes && {"stroke-dasharray": dashes}});
    const line = (value, extra) => element("svg:line", {x1: x(value), x2: x(value), y1: 24, y2: bottom, stroke: "var(--ink)", ...extra});
    const word = (at, y, anchor, text, extra = {}) => element("svg:text", {x: at, y, "text-anchor": anchor, ...extra}, text);
    const peak = counts => x((counts.indexOf(Math.max(...counts)) + 0.5) * width);
    const svg = element("svg:svg", {viewBox: `0 0 ${whole} 252`, role: "img", "aria-label": "Distances of the test pairs: those of one digit "
        + `are mostly below the threshold of ${about.threshold.toFixed(3)}, those of two digits above`
        + (d === null ? "." : `; your pair is at ${d.toFixed(3)}.`)},
        curve(similar, "var(--same)"), curve(dissimilar, "var(--different)", "5 3"),
        line(about.threshold, {"stroke-dasharray": "2 3"}), word(x(about.threshold), 16, "middle", "threshold"),
        element("svg:line", {x1: left, x2: right, y1: bottom, y2: bottom, stroke: "var(--ink)"}),
        word(Math.max(70, peak(similar)), bottom + 36, "middle", "one digit", {style: "fill: var(--same)"}),
        word(peak(dissimilar), bottom + 36, "middle", "two digits", {style: "fill: var(--different)"}));
    for (let tick = 0; tick <= most; tick += most > 1 ? 0.5 : 0.25) {
      svg.append(word(Math.max(x(tick), left + 4), bottom + 18, tick > most - 0.05 ? "end" : "middle", tick));
    }
    svg.append(word((left + right) / 2, bottom + 54, "middle", "distance"));
    if (d !== null) {
      const side = x(d) > right - 70 ? "end" : x(d) < 80 ? "start" : "middle";
      svg.append(line(d, {"stroke-width": 3, y1: 40}), word(x(d), 34, side, "yours", {"font-weight": "bold"}));
    }
    return svg;
  }

  start().catch(problem => {
    status.textContent = problem.message;
  });
})();
