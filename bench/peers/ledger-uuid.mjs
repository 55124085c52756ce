// The uuid of a call of the large ledger, as Asterisk makes them: a time and a number.
export const uuidOf = (number) => `${1_500_000_000 + Math.floor(number / 3)}.${number}`;
