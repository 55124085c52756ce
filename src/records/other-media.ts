// Rows of a file that are no telephone calls: messages, faxes, chats, by the column that says so.

import { cellText, namesIn, plainName, plainWord, quote, wordsIn } from './cell-text.js';

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
  names: readonly string[],
  unused: readonly string[],
): ((cells: readonly string[]) => string | undefined) | undefined {
  const found = names.flatMap((name, index) =>
    unused.includes(name) && mediumNames.has(plainName(name)) ? [{ name, index }] : [],
  );
  if (found.length === 0) return undefined;
  return (cells) => {
    const told = found.find(({ index }) => otherMedia.has(plainWord(cellText(cells[index]))));
    return told && `no telephone call: "${told.name}" says ${quote(cellText(cells[told.index]))}`;
  };
}
