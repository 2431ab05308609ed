// The ink of one character on a photograph: what siamese.data.Ink finds in Java, step by step and under the same names. A picture
// here is {rows, columns, channels}, red, green and blue, each from 0 to 255 and row by row.

import {SIZE, greyOf, likeMnist, scaled} from "./pictures.js";

const LONGER_SIDE = 320;
const LEAST_STRENGTH = 0.05;
const INK = 0.5;
const STRONGEST = 0.001;
const DUST = 0.04;
const SOFT_EDGE = 2;

const sorted = values => Float64Array.from(values).sort();
const height = piece => piece.bottom - piece.top + 1;
const width = piece => piece.right - piece.left + 1;
const longer = piece => Math.max(height(piece), width(piece));

/** The ink of a picture file, 28 × 28 numbers from 0 (paper) to 255; one of that size is taken as it is. */
export function photograph(picture) {
  return picture.rows === SIZE && picture.columns === SIZE ? likeMnist(greyOf(picture)) : likeMnist(inkOf(picture), true);
}

/** The ink of a photograph, black on white and grey; throws one sentence if there is none, or if there are two characters. */
function inkOf(picture) {
  const scale = Math.min(1, LONGER_SIDE / Math.max(picture.rows, picture.columns));
  const small = part(picture, 0, 0, picture.rows, picture.columns,
      Math.max(1, Math.round(picture.rows * scale)), Math.max(1, Math.round(picture.columns * scale)));
  return drawing(paper(small));
}

function part(picture, top, left, tall, wide, rows, columns) {
  return {rows, columns, channels: picture.channels.map(grey =>
    scaled({rows: picture.rows, columns: picture.columns, grey}, top, left, tall, wide, rows, columns).grey)};
}

function isBorder({rows, columns}, p) {
  return p < columns || p >= (rows - 1) * columns || p % columns === 0 || p % columns === columns - 1;
}

/** The sheet (or board) alone, where it lies in the picture with something darker (or lighter) all around it. */
function paper(picture) {
  const shade = greyOf(picture).grey;
  const size = shade.length;
  const border = sorted(shade.filter((_, p) => isBorder(picture, p)));
  const all = sorted(shade);
  const middle = (all[Math.floor(0.02 * size)] + all[Math.floor(0.98 * size)]) / 2;
  const dark = border[Math.floor(border.length / 2)] < middle;
  if (border.filter(value => value < middle === dark).length < 0.9 * border.length) {
    return picture;
  }
  const inside = pieces(picture, p => shade[p] < middle !== dark);
  const sheet = inside.reduce((best, piece) => !best || piece.pixels.length > best.pixels.length ? piece : best, null);
  if (!sheet || sheet.touchesBorder || height(sheet) * width(sheet) < 0.3 * size) {
    return picture;
  }
  const on = marked(picture, [sheet]);
  const off = marked(picture, pieces(picture, p => !on[p]).filter(piece => piece.touchesBorder));
  const filled = off.reduce((sum, mark) => sum + (mark ? 0 : 1), 0);
  const holes = (filled - sheet.pixels.length) / filled;
  if (filled < 0.85 * smallestBox(picture, sheet) || holes < 0.002 || holes > 0.3) {
    return picture;
  }
  const outside = grown(picture, off, Math.max(1, Math.floor(longer(sheet) / 50)));
  const blanked = {...picture, channels: picture.channels.map(channel => {
    const blank = Math.floor(sheet.pixels.reduce((sum, p) => sum + channel[p], 0) / sheet.pixels.length);
    return Array.from(channel, (value, p) => outside[p] ? blank : value);
  })};
  return part(blanked, sheet.top, sheet.left, height(sheet), width(sheet), height(sheet), width(sheet));
}

/** The area of the smallest rectangle around, turned by multiples of five degrees. */
function smallestBox({columns}, piece) {
  const extent = (x, y) => {
    let [least, most] = [Infinity, -Infinity];
    for (const p of piece.pixels) {
      const along = p % columns * x + Math.floor(p / columns) * y;
      least = Math.min(least, along);
      most = Math.max(most, along);
    }
    return most - least + 1;
  };
  return Math.min(...Array.from({length: 18}, (_, k) => {
    const angle = 5 * k * Math.PI / 180;
    return extent(Math.cos(angle), Math.sin(angle)) * extent(-Math.sin(angle), Math.cos(angle));
  }));
}

function drawing(picture) {
  const strength = strengths(picture);
  const size = strength.length;
  const strongest = sorted(strength)[size - 1 - Math.floor(STRONGEST * size)];
  if (strongest < LEAST_STRENGTH) {
    throw new Error("the picture has no ink, all its pixels being of one shade; draw something on it, dark on light or light on dark.");
  }
  const near = grown(picture, marked(picture, character(picture, pieces(picture, p => strength[p] >= INK * strongest))),
      SOFT_EDGE);
  return {rows: picture.rows, columns: picture.columns, grey: Array.from(strength, (value, p) =>
    near[p] ? Math.round(255 * (1 - Math.min(1, value / strongest))) : 255)};
}

/** What part of the paper's light is missing (on a dark board: of its darkness), in the channel that misses most. */
function strengths(picture) {
  const shade = greyOf(picture).grey;
  const size = shade.length;
  const border = sorted(shade.filter((_, p) => isBorder(picture, p)));
  const all = sorted(shade);
  const blank = border[Math.floor(border.length / 2)];
  const rare = Math.floor(size / 500);
  const turn = blank - all[rare] >= all[size - 1 - rare] - blank ? 0 : 255;
  const strength = new Float64Array(size);
  for (const channel of picture.channels) {
    const light = Float64Array.from(channel, value => Math.abs(turn - value));
    const closed = widest(picture, widest(picture, light, 1), -1);
    for (let p = 0; p < size; p++) {
      strength[p] = Math.max(strength[p], (closed[p] - light[p]) / Math.max(closed[p], 32));
    }
  }
  return strength;
}

/** The greatest (sign 1) or least (−1) value in the square around each pixel, first along the rows. */
function widest({rows, columns}, values, sign) {
  const reach = Math.floor(Math.max(rows, columns) / 4);
  const along = new Float64Array(values.length);
  const result = new Float64Array(values.length);
  for (let y = 0; y < rows; y++) {
    slide(values, along, y * columns, columns, 1, reach, sign);
  }
  for (let x = 0; x < columns; x++) {
    slide(along, result, x, rows, columns, reach, sign);
  }
  return result;
}

function slide(from, to, start, length, stride, reach, sign) {
  const best = new Int32Array(length); // places, the values at which fall, from head to tail
  let head = 0;
  let tail = 0;
  for (let i = 0; i < length + reach; i++) {
    if (i < length) {
      while (tail > head && sign * from[start + best[tail - 1] * stride] <= sign * from[start + i * stride]) {
        tail--;
      }
      best[tail++] = i;
    }
    if (i >= reach) {
      if (best[head] < i - 2 * reach) {
        head++;
      }
      to[start + (i - reach) * stride] = from[start + best[head] * stride];
    }
  }
}

/** The pieces that make the character: none of the table, of a finger, of dust. */
function character(picture, all) {
  const tall = 0.2 * Math.min(picture.rows, picture.columns);
  const within = all.some(piece => !piece.touchesBorder && longer(piece) >= tall);
  const whole = all.filter(piece => !within || !piece.touchesBorder);
  const largest = Math.max(...whole.map(piece => piece.pixels.length));
  const chosen = whole.filter(piece => piece.pixels.length >= DUST * largest);
  const highest = Math.max(...chosen.map(height));
  const high = chosen.filter(piece => height(piece) >= 0.6 * highest);
  const gap = Math.floor(highest / 20);
  if (high.some(a => high.some(b => a.left > b.right + gap || b.left > a.right + gap || a.top > b.bottom + gap
      || b.top > a.bottom + gap))) {
    throw new Error("the picture shows more than one character; cut them apart and give each a picture of its own.");
  }
  return chosen;
}

/** The groups of neighbouring pixels that belong, and the box around each. */
function pieces(picture, belongs) {
  const {rows, columns} = picture;
  const seen = new Uint8Array(rows * columns);
  const found = [];
  for (let first = 0; first < seen.length; first++) {
    if (seen[first] || !belongs(first)) {
      continue;
    }
    const pixels = [first];
    seen[first] = 1;
    let [top, left, bottom, right, touchesBorder] = [rows, columns, 0, 0, false];
    for (let k = 0; k < pixels.length; k++) {
      const p = pixels[k];
      const [y, x] = [Math.floor(p / columns), p % columns];
      [top, left, bottom, right] = [Math.min(top, y), Math.min(left, x), Math.max(bottom, y), Math.max(right, x)];
      touchesBorder ||= isBorder(picture, p);
      around(picture, p, 1, q => {
        if (!seen[q] && belongs(q)) {
          seen[q] = 1;
          pixels.push(q);
        }
      });
    }
    found.push({pixels, top, left, bottom, right, touchesBorder});
  }
  return found;
}

function marked({rows, columns}, all) {
  const marks = new Uint8Array(rows * columns);
  all.forEach(piece => piece.pixels.forEach(p => {
    marks[p] = 1;
  }));
  return marks;
}

/** The marks, and what is no further from one than a number of steps. */
function grown(picture, marks, steps) {
  const result = marks.slice();
  marks.forEach((mark, p) => {
    if (mark) {
      around(picture, p, steps, q => {
        result[q] = 1;
      });
    }
  });
  return result;
}

function around({rows, columns}, p, steps, action) {
  const [row, column] = [Math.floor(p / columns), p % columns];
  for (let y = Math.max(0, row - steps); y <= Math.min(rows - 1, row + steps); y++) {
    for (let x = Math.max(0, column - steps); x <= Math.min(columns - 1, column + steps); x++) {
      action(y * columns + x);
    }
  }
}
