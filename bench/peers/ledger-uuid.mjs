// The uuid of a call of the large ledger, as Asterisk makes them: a time and a number.
export const uuidOf = (number) => `${1_500_000_000 + Math.floor(number / 3)}.${number}`;

/** A call of the large ledger. */
export const callOf = (uuid) => ({
  uuid,
  caller: '74950000001',
  to: '101',
  date: 1_500_000_000,
  type: 'inbound',
  billsec: 5,
  account_id: '1000',
});
