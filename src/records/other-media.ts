// Rows of a file that are no telephone calls: messages, faxes, chats, by the column that says so.

import { namesIn, plainWord, quote, wordsIn } from './cell-text.js';
import type { SampledColumn } from './sample.js';

/** A `channel` or a `service` is not among them: it may be that of an advertisement. */
const mediumNames = namesIn(`
  type, call type, kind, medium, media, media type, communication type, interaction type, activity type, record type,
  тип, тип звонка, тип обращения, тип события, вид, tipo, art
`);
const otherMedia = wordsIn(`
    sms, mms, text, text message, message, chat, fax, e mail, email, mail, whatsapp, telegram, viber, webchat, web chat,
    смс, сообщение, текст, чат, факс, письмо, почта, mensaje, mensagem, nachricht
  `);

/**
 * Says of a row why it is no telephone call; undefined for a call, and where no column tells.
 *
 * @param unused the columns that feed no field
 */
export function otherMedium(
  unused: readonly SampledColumn[],
): ((cells: readonly string[]) => string | undefined) | undefined {
  const found = unused.filter(({ plain }) => mediumNames.has(plain));
  if (found.length === 0) return undefined;
  return (cells) => {
    const told = found.find((column) => otherMedia.has(plainWord(column.textIn(cells))));
    return told && `no telephone call: "${told.name}" says ${quote(told.textIn(cells))}`;
  };
}
