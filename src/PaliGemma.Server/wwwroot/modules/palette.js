/** Strong colours that stay apart from each other also for people who see red and green alike; those of `--overlay`. */
const colors = [
  [0xe6, 0x19, 0x4b], [0x00, 0x82, 0xc8], [0xf5, 0x82, 0x31], [0x3c, 0xb4, 0x4b], [0x91, 0x1e, 0xb4], [0xff, 0xe1, 0x19],
  [0x46, 0xf0, 0xf0], [0xf0, 0x32, 0xe6], [0x00, 0x80, 0x80], [0xd2, 0xf5, 0x3c], [0xaa, 0x6e, 0x28], [0x00, 0x00, 0x80],
];

/** Gives every label of a picture a colour of its own, the same one in every picture where it is free. */
export class Palette {
  #colors = new Map();
  #taken = new Set();

  /** @returns {[number, number, number]} Red, green and blue, 0 … 255. */
  colorOf(label) {
    if (!this.#colors.has(label)) {
      let index = hash(label) % colors.length;
      for (let tries = 0; tries < colors.length && this.#taken.has(index); tries++) {
        index = (index + 1) % colors.length;
      }
      this.#taken.add(index);
      this.#colors.set(label, colors[index]);
    }
    return this.#colors.get(label);
  }
}

/** Black or white, whichever reads better on a colour (WCAG 2, relative luminance). */
export function textOn(color) {
  const [red, green, blue] = color.map(value => (value / 255) ** 2.2);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? '#000' : '#fff';
}

/** FNV-1a. */
function hash(text) {
  let value = 2166136261;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 16777619);
  }
  return value >>> 0;
}
