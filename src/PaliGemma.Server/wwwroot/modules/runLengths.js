const bitsPerCharacter = 5;
const more = 1 << bitsPerCharacter;
const sign = more >> 1;

/**
 * COCO's compressed run lengths: five bits per character from the lowest on, the sixth bit set where more follow; from the fourth
 * count on the difference to the count two before.
 * @param {string} text
 * @returns {number[]} Lengths of runs outside and inside in turn, down the columns from the left one on.
 */
export function parseCounts(text) {
  const counts = [];
  for (let at = 0; at < text.length; ) {
    let value = 0;
    let shift = 0;
    let bits;
    do {
      bits = text.charCodeAt(at++) - 48;
      value |= (bits & (more - 1)) << shift;
      shift += bitsPerCharacter;
    } while (bits & more);
    if (bits & sign) {
      value |= -1 << shift;
    }
    counts.push(value + (counts.length > 2 ? counts.at(-2) : 0));
  }
  return counts;
}

/**
 * The part of the picture that a mask covers, painted in one colour on a transparent ground.
 * @param {{size: [number, number], counts: string}} mask
 * @param {[number, number, number]} color
 * @returns {{x: number, y: number, canvas: HTMLCanvasElement} | null} Null for an empty mask.
 */
export function paintMask(mask, [red, green, blue]) {
  const height = mask.size[0];
  const runs = insideRuns(parseCounts(mask.counts), height);
  if (runs.length === 0) {
    return null;
  }
  const left = runs[0].x;
  const width = runs.at(-1).x - left + 1;
  const top = runs.reduce((least, run) => Math.min(least, run.top), height);
  const bottom = runs.reduce((most, run) => Math.max(most, run.bottom), 0);
  const canvas = Object.assign(document.createElement('canvas'), { width, height: bottom - top });
  const context = canvas.getContext('2d');
  context.fillStyle = `rgb(${red} ${green} ${blue})`;
  for (const run of runs) {
    context.fillRect(run.x - left, run.top - top, 1, run.bottom - run.top);
  }
  return { x: left, y: top, canvas };
}

/** Cuts runs that wrap into pieces of one column each. */
function insideRuns(counts, height) {
  const runs = [];
  let at = 0;
  counts.forEach((count, index) => {
    const end = at + count;
    while (index % 2 === 1 && at < end) {
      const x = Math.floor(at / height);
      const next = Math.min(end, (x + 1) * height);
      runs.push({ x, top: at - x * height, bottom: next - x * height });
      at = next;
    }
    at = end;
  });
  return runs;
}
