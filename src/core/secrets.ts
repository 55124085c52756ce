// A secret in all forms in which it may stand in a text.

/** A secret this short would stand in innocent text too. */
const shortest = 4;

/** A secret as it stands in text, in an address, in a form, in JSON; none of a short one. */
export function formsOfSecret(secret: string): readonly string[] {
  if (secret.length < shortest) return [];
  const encoded = encodeURIComponent(secret.toWellFormed());
  return [secret, encoded, encoded.replaceAll('%20', '+'), JSON.stringify(secret).slice(1, -1)];
}

/** A text with all that is secret in it replaced. */
export function withoutSecrets(text: string, forms: Iterable<string>): string {
  let clean = text;
  for (const form of forms) if (clean.includes(form)) clean = clean.replaceAll(form, '***');
  return clean;
}
