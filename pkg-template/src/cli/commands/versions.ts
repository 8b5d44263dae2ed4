// The version of a new migration: in the style of the set, and above all that are there.

/** A way to write versions. */
export interface Style {
  /** The next one. `now` is the time, `newest` what it has to be above. */
  next(now: Date, newest: string | undefined): string
}

const two = (number: number) => String(number).padStart(2, '0')

/** `20260301083000`, in UTC as dbmate and Prisma write it; shorter or with dashes where the set has that. */
function stamp(form: (date: Date) => string, read: (text: string) => Date, unit: number): Style {
  return {
    next(now, newest) {
      const text = form(now)
      // A clock that is behind, or a file from the future.
      return newest !== undefined && text <= newest ? form(new Date(read(newest).getTime() + unit)) : text
    },
  }
}

const parts = (date: Date) => [
  date.getUTCFullYear(),
  two(date.getUTCMonth() + 1),
  two(date.getUTCDate()),
  two(date.getUTCHours()),
  two(date.getUTCMinutes()),
  two(date.getUTCSeconds()),
]

/** The moment that digits stand for: year, month, day, hour, minute, second, as far as they go. */
function moment(text: string): Date {
  const digits = text.replace(/\D/g, '')
  const [, ...found] = /^(\d{4})(\d\d)(\d\d)(\d\d)?(\d\d)?(\d\d)?/.exec(digits) ?? []
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = found.map((part) => Number(part ?? 0))
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second))
}

const [second, minute, day] = [1_000, 60_000, 86_400_000]
export const timestamp = stamp((date) => parts(date).join(''), moment, second)
const milliseconds = stamp(
  (date) => `${parts(date).join('')}${String(date.getUTCMilliseconds()).padStart(3, '0')}`,
  (text) => new Date(moment(text).getTime() + Number(text.slice(14))),
  1,
)
const minutes = stamp((date) => parts(date).slice(0, 5).join(''), moment, minute)
const dates = stamp((date) => parts(date).slice(0, 3).join(''), moment, day)

/** Diesel's: `2026-03-01-083000`. */
export const dashed = stamp(
  (date) => {
    const [year, month, day, ...time] = parts(date)
    return `${year}-${month}-${day}-${time.join('')}`
  },
  moment,
  second,
)

/** Seconds or milliseconds since 1970. */
const epoch = (unit: number): Style => ({
  next(now, newest) {
    const count = BigInt(Math.floor(now.getTime() / unit))
    return String(newest !== undefined && count <= BigInt(newest) ? BigInt(newest) + 1n : count)
  },
})

/** The next number, as wide as the last; of a dotted version the last part. */
const number: Style = {
  next(_, newest = '0') {
    return newest.replace(/\d+$/, (digits) => String(BigInt(digits) + 1n).padStart(digits.length, '0'))
  },
}

const isDate = (text: string) => /^(19|2\d)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])/.test(text)

/** The style of the newest version of a set. */
export function styleOf(newest: string): Style {
  if (/^\d{4}-\d\d-\d\d-\d{6}$/.test(newest)) return dashed
  if (!/^\d+$/.test(newest)) return number
  const styles: Readonly<Record<number, Style>> = { 17: milliseconds, 14: timestamp, 12: minutes, 8: dates }
  const dated = styles[newest.length]
  if (dated && isDate(newest)) return dated
  if (newest.length === 10 && newest >= '1000000000') return epoch(1_000)
  if (newest.length === 13 && newest >= '1000000000000') return epoch(1)
  return number
}
