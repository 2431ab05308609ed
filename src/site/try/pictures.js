// A picture as the network sees it: what siamese.data.Pictures does in Java, step by step, so that both give the same 28 × 28
// pixels. A picture here is {rows, columns, grey}, grey from 0 (black) to 255 (white), row by row.

export const SIZE = 28;
const INK_SIZE = 20;
const LEAST_CONTRAST = 13;
const LIGHTEST_INK = 204;

/** The ink of a drawing of one character, 28 × 28 numbers from 0 (paper) to 255; throws one sentence if there is none. */
export function likeMnist(picture, darkOnLight = isDarkOnLight(picture)) {
  const clear = spread(picture, darkOnLight);
  if (picture.rows === SIZE && picture.columns === SIZE) {
    return Uint8Array.from(clear.grey, grey => 255 - grey);
  }
  const small = spread(inked(clear), true);
  const ink = small.grey.map(grey => 255 - grey);
  const left = margin(ink, p => p % small.columns, small.columns);
  const top = margin(ink, p => Math.floor(p / small.columns), small.rows);
  const result = new Uint8Array(SIZE * SIZE);
  for (let y = 0; y < small.rows; y++) {
    result.set(ink.slice(y * small.columns, (y + 1) * small.columns), (top + y) * SIZE + left);
  }
  return result;
}

/** What canvas gives, red, green, blue and opacity, on white paper: {rows, columns, channels}. */
export function rgbOf({width, height, data}) {
  return {rows: height, columns: width, channels: [0, 1, 2].map(k => Uint8Array.from({length: width * height}, (_, p) =>
    Math.round(255 + (data[4 * p + k] - 255) * data[4 * p + 3] / 255)))};
}

/** How bright red, green and blue are together: the weights of ITU-R BT.601. */
export function brightness([red, green, blue]) {
  return Math.floor((299 * red + 587 * green + 114 * blue + 500) / 1000);
}

/** The same in grey: {rows, columns, grey}. */
export function greyOf({rows, columns, channels}) {
  return {rows, columns, grey: Array.from(channels[0], (_, p) => brightness(channels.map(channel => channel[p])))};
}

/** Where a drawing begins, along one of its sides, so that its centre of mass is in the middle. */
function margin(ink, place, length) {
  let mass = 0;
  let moment = 0;
  ink.forEach((value, p) => {
    mass += value;
    moment += value * (place(p) + 0.5);
  });
  return Math.min(Math.max(Math.round(SIZE / 2 - moment / mass), 0), SIZE - length);
}

/** Whether the border is light. */
function isDarkOnLight({rows, columns, grey}) {
  let sum = 0;
  let count = 0;
  for (let p = 0; p < grey.length; p++) {
    if (p < columns || p >= (rows - 1) * columns || p % columns === 0 || p % columns === columns - 1) {
      sum += grey[p];
      count++;
    }
  }
  return sum / count >= 127.5;
}

/** Dark on light, from black to white. */
function spread({rows, columns, grey}, darkOnLight) {
  const shades = darkOnLight ? grey : grey.map(value => 255 - value);
  let least = 255;
  let most = 0;
  for (const value of shades) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  if (most - least < LEAST_CONTRAST) {
    throw new Error("the picture has no ink, all its pixels being of one shade; draw something on it.");
  }
  return {rows, columns, grey: shades.map(value => Math.round(255 * (value - least) / (most - least)))};
}

/** The part that has ink, at the size that it shall have. */
function inked(picture) {
  let [top, bottom, left, right] = [picture.rows, -1, picture.columns, -1];
  picture.grey.forEach((value, p) => {
    if (value < LIGHTEST_INK) {
      const y = Math.floor(p / picture.columns);
      const x = p % picture.columns;
      [top, bottom, left, right] = [Math.min(top, y), Math.max(bottom, y), Math.min(left, x), Math.max(right, x)];
    }
  });
  const height = bottom - top + 1;
  const width = right - left + 1;
  const scale = INK_SIZE / Math.max(height, width);
  return scaled(picture, top, left, height, width, Math.max(1, Math.round(height * scale)), Math.max(1, Math.round(width * scale)));
}

/** How much each old pixel along a side, measured in parts of 1 / newLength, covers of each new one. */
function covers(length, newLength) {
  const all = Array.from({length: newLength}, () => []);
  for (let from = 0, place = 0; place < length * newLength;) {
    const next = Math.min((from + 1) * newLength, (Math.floor(place / length) + 1) * length);
    all[Math.floor(place / length)].push([from, next - place]);
    place = next;
    from = Math.floor(place / newLength);
  }
  return all;
}

/** A part at another size: each new pixel is the mean of the old ones that it covers, by area. */
export function scaled(picture, top, left, height, width, newRows, newColumns) {
  if (newRows === picture.rows && newColumns === picture.columns && height === newRows && width === newColumns) {
    return picture;
  }
  const down = covers(height, newRows);
  const across = covers(width, newColumns);
  const grey = [];
  for (const rows of down) {
    for (const columns of across) {
      let sum = 0;
      for (const [y, tall] of rows) {
        for (const [x, wide] of columns) {
          sum += tall * wide * picture.grey[(top + y) * picture.columns + left + x];
        }
      }
      grey.push(Math.round(sum / (height * width)));
    }
  }
  return {rows: newRows, columns: newColumns, grey};
}
