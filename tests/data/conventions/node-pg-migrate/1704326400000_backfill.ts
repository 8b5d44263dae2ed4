export const up = (pgm) => pgm.sql('UPDATE accounts SET balance = 1')
