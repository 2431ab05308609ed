// A sheet of paper to draw on, with a mouse, a finger, a pen, or the arrow keys. The strokes are drawn here, pixel by pixel, and not
// by the browser: so a drawing is the same everywhere, also where a browser blurs what pages read from a canvas.

export const SIDE = 280;
const RADIUS = 10;
const KEYS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};

export class Pad {

  /** A pad on a canvas; changed is called after a stroke, said with what a screen reader shall say. */
  constructor(canvas, changed, said) {
    this.canvas = canvas;
    this.changed = changed;
    this.ink = new Float32Array(SIDE * SIDE);
    this.pen = null; // where the arrow keys' pen is
    this.down = false;
    this.image = null; // what is shown in place of a drawing until the next stroke
    let last = null;
    const place = event => {
      const box = canvas.getBoundingClientRect();
      return [(event.clientX - box.left) * SIDE / box.width, (event.clientY - box.top) * SIDE / box.height];
    };
    canvas.addEventListener("pointerdown", event => {
      canvas.setPointerCapture(event.pointerId);
      this.pen = null;
      last = place(event);
      this.line(last, last);
      this.show();
    });
    canvas.addEventListener("pointermove", event => {
      if (last) {
        for (const part of event.getCoalescedEvents?.().concat(event) ?? [event]) {
          const next = place(part);
          this.line(last, next);
          last = next;
        }
        this.show();
      }
    });
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, () => {
        if (last) {
          last = null;
          changed();
        }
      });
    }
    canvas.addEventListener("keydown", event => {
      if (event.ctrlKey || event.altKey || event.metaKey) {
        return;
      }
      if (KEYS[event.key]) {
        const step = event.shiftKey ? 5 : 20;
        const from = this.pen ?? [SIDE / 2, SIDE / 2];
        this.pen = from.map((value, k) => Math.min(Math.max(value + step * KEYS[event.key][k], RADIUS), SIDE - RADIUS));
        if (this.down) {
          this.line(from, this.pen);
          clearTimeout(this.soon);
          this.soon = setTimeout(changed, 400);
        }
      } else if (event.key === " ") {
        this.down = !this.down;
        this.pen ??= [SIDE / 2, SIDE / 2];
        said(this.down ? "Pen down." : "Pen up.");
        if (this.down) {
          this.line(this.pen, this.pen);
        }
      } else if (event.key === "Delete" || event.key === "Backspace") {
        this.clear();
        said("Cleared.");
        changed();
      } else {
        return;
      }
      event.preventDefault();
      this.show();
    });
    this.show();
  }

  /** White paper, or a picture on it, which anything that a browser can draw may be. */
  clear(image = null) {
    this.ink.fill(0);
    this.pen = null;
    this.down = false;
    this.image = image;
    this.show();
  }

  get empty() {
    return !this.ink.some(value => value > 0);
  }

  /** What is drawn, dark on white. */
  get picture() {
    return {rows: SIDE, columns: SIDE, grey: Uint8Array.from(this.ink, value => Math.round(255 * (1 - value)))};
  }

  line([x0, y0], [x1, y1]) {
    this.image = null;
    const [dx, dy] = [x1 - x0, y1 - y0];
    const length = dx * dx + dy * dy;
    const low = (a, b) => Math.max(0, Math.floor(Math.min(a, b) - RADIUS - 1));
    const high = (a, b) => Math.min(SIDE - 1, Math.ceil(Math.max(a, b) + RADIUS + 1));
    for (let y = low(y0, y1); y <= high(y0, y1); y++) {
      for (let x = low(x0, x1); x <= high(x0, x1); x++) {
        const along = length ? Math.min(1, Math.max(0, ((x + 0.5 - x0) * dx + (y + 0.5 - y0) * dy) / length)) : 0;
        const away = Math.hypot(x + 0.5 - x0 - along * dx, y + 0.5 - y0 - along * dy);
        const at = y * SIDE + x;
        this.ink[at] = Math.max(this.ink[at], Math.min(1, Math.max(0, RADIUS + 0.5 - away)));
      }
    }
  }

  show() {
    const context = this.canvas.getContext("2d");
    const pixels = context.createImageData(SIDE, SIDE);
    const whole = new Uint32Array(pixels.data.buffer);
    this.ink.forEach((value, p) => {
      whole[p] = 0xff000000 | Math.round(255 * (1 - value)) * 0x010101;
    });
    context.putImageData(pixels, 0, 0);
    if (this.image) {
      const scale = SIDE / Math.max(this.image.width, this.image.height);
      const [width, height] = [this.image.width * scale, this.image.height * scale];
      context.imageSmoothingEnabled = scale < 1;
      context.drawImage(this.image, (SIDE - width) / 2, (SIDE - height) / 2, width, height);
    }
    if (this.pen) {
      context.lineWidth = 3;
      context.strokeStyle = this.down ? "#c2410c" : "#2563eb";
      context.beginPath();
      context.arc(this.pen[0], this.pen[1], RADIUS + 3, 0, 2 * Math.PI);
      context.stroke();
    }
  }
}
