/** Drawings of our own, each with a task that suits it. */
const examples = [
  { name: 'Find shapes', file: 'shapes.svg', task: 'detect', values: { things: 'red circle; blue square' } },
  { name: 'Count boats', file: 'boats.svg', task: 'answer', values: { question: 'how many boats are there?', language: 'en' } },
  { name: 'Read a sign', file: 'sign.svg', task: 'ocr', values: {} },
  { name: 'Outline pets', file: 'pets.svg', task: 'segment', values: { things: 'cat; dog' } },
];

/**
 * @param {HTMLElement} list
 * @param {(example: {name: string, file: string, task: string, values: object}, url: string) => void} onChoose
 */
export function showExamples(list, onChoose) {
  list.append(...examples.map(example => {
    const url = `examples/${example.file}`;
    const row = document.createElement('li');
    const button = Object.assign(document.createElement('button'), { type: 'button' });
    button.append(
      Object.assign(document.createElement('img'), { src: url, alt: '' }),
      Object.assign(document.createElement('span'), { textContent: example.name }));
    button.addEventListener('click', () => onChoose(example, url));
    row.append(button);
    return row;
  }));
}
