import { tasks } from './tasks.js';

/**
 * Shows earlier answers.
 * @param {HTMLElement} list
 * @param {object[]} entries
 * @param {(entry: object) => void} onChoose
 */
export function showHistory(list, entries, onChoose) {
  list.replaceChildren(...entries.map(entry => {
    const row = document.createElement('li');
    const button = Object.assign(document.createElement('button'), { type: 'button' });
    const image = Object.assign(document.createElement('img'), { src: entry.thumbnail, alt: '' });
    const words = document.createElement('span');
    words.append(
      Object.assign(document.createElement('span'), { textContent: summary(entry.answer) }),
      Object.assign(document.createElement('span'), { className: 'quiet', textContent: subject(entry) }));
    button.append(image, words);
    button.addEventListener('click', () => onChoose(entry));
    row.append(button);
    return row;
  }));
}

function subject({ task, values }) {
  const name = tasks.find(one => one.id === task)?.name ?? task;
  return [name, values.question ?? values.things ?? values.prompt ?? values.language].filter(Boolean).join(': ');
}

function summary({ text, objects }) {
  if (objects.length > 0) {
    const counts = new Map();
    objects.forEach(({ label }) => counts.set(label || 'object', (counts.get(label || 'object') ?? 0) + 1));
    return [...counts].map(([label, count]) => (count > 1 ? `${count} × ${label}` : label)).join(', ');
  }
  return text || 'Nothing';
}
