/** The languages that PaliGemma was trained to answer in. */
const languageCodes = [
  'ar', 'bn', 'cs', 'da', 'de', 'el', 'en', 'es', 'fa', 'fi', 'fil', 'fr', 'he', 'hi', 'hr', 'hu', 'id', 'it',
  'ja', 'ko', 'mi', 'nl', 'no', 'pl', 'pt', 'ro', 'ru', 'sv', 'sw', 'te', 'th', 'tr', 'uk', 'vi', 'zh',
];

const names = new Intl.DisplayNames(['en'], { type: 'language' });

const language = {
  name: 'language',
  label: 'Language',
  initial: 'en',
  choices: languageCodes.map(code => [code, names.of(code)]).sort((a, b) => a[1].localeCompare(b[1])),
};

const things = { name: 'things', label: 'What to look for, separated by semicolons', initial: '', hint: 'cat; dog', required: 'Say what to look for.' };

/**
 * What can be asked: an endpoint each, with the fields that it takes besides the picture.
 * A field with choices is one of [value, label]; others are text.
 */
export const tasks = [
  {
    id: 'caption',
    name: 'Caption',
    path: 'v1/caption',
    fields: [
      language,
      { name: 'style', label: 'Style', initial: 'caption', choices: [['caption', 'A sentence'], ['cap', 'As on web pages'], ['describe', 'In detail']] },
    ],
  },
  {
    id: 'answer',
    name: 'Question',
    path: 'v1/answer',
    fields: [
      { name: 'question', label: 'Question', initial: '', hint: 'What colour is the car?', required: 'Type a question.' },
      language,
    ],
  },
  { id: 'ocr', name: 'Read text', path: 'v1/ocr', fields: [] },
  { id: 'detect', name: 'Find', path: 'v1/detect', fields: [things] },
  { id: 'segment', name: 'Outline', path: 'v1/segment', fields: [things] },
  {
    id: 'generate',
    name: 'Own prompt',
    path: 'v1/generate',
    fields: [{ name: 'prompt', label: 'Prompt, as the model knows it', initial: '', hint: 'caption es', required: 'Type a prompt.' }],
  },
];
