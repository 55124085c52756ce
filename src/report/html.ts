// HTML in which every text of a file is escaped.

/** A piece of HTML, safe as it is. Only `html` and `trusted` make one, so that no text of a file can become markup. */
export class Html {
  constructor(readonly text: string) {}
}

type Value = string | number | Html | readonly Html[];

/** HTML of a template: what is put in is escaped unless it is Html itself. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(
    strings.reduce(
      (text, part, at) => text + part + (at < values.length ? textOf(values[at] ?? '') : ''),
      '',
    ),
  );
}

/** Markup that was written by us: styles, scripts, pictures. */
export function trusted(markup: string): Html {
  return new Html(markup);
}

export const nothing = new Html('');

function textOf(value: Value): string {
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(({ text }) => text).join('');
  return escaped(String(value));
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Control characters, and the invisible ones that turn the direction of a text, are shown as a replacement character. */
const invisible = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

function escaped(text: string): string {
  return text.replace(invisible, '\uFFFD').replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
