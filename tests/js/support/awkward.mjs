// A set whose texts a bundler, a checkout or a module could change on the way, and what must come out.
import { createHash } from 'node:crypto'

/** What the files of {@link awkward} are once they have been read: no byte order mark, LF. */
const texts = {
  '001_newlines.sql': 'create table a (\n  x text -- a comment\n);\n',
  '002_mark.sql': "create table b (x text default 'ü😀');\n",
  '003_template.sql': "create table c (x text default '`${a}` \\n \\u0041 \\\\');\n",
  '004_html.sql': "create table d (x text default '</script><!-- <script>');\n",
  '005_separators.sql': "create table e (x text default '\u2028\u2029\u0085\v\f\ufeff');\n",
  '006_lone_returns.sql': "create table f (x text default 'a\rb');\n",
  '007_doubled.sql': "create table g (x text default 'a\r\nb');\n",
  '008_no_last_newline.sql': 'create table h (x text)',
}

/** The same as a checkout may have it: some with CRLF, some with a mark. */
export const awkward = {
  ...texts,
  '001_newlines.sql': texts['001_newlines.sql'].replaceAll('\n', '\r\n'),
  '002_mark.sql': `\ufeff${texts['002_mark.sql']}`,
  // What was CRLF already, written with CRLF once more.
  '007_doubled.sql': texts['007_doubled.sql'].replaceAll('\n', '\r\n'),
}

/** Path to checksum. */
export const checksums = Object.fromEntries(
  Object.entries(texts).map(([path, text]) => [path, `sha256:${createHash('sha256').update(text).digest('hex')}`]),
)

/** The digest of a ledger that has all of them: of one line for each row. */
export const digest = createHash('sha256')
  .update(
    Object.entries(checksums)
      .map(([path, checksum]) => `${path.slice(0, 3)}\t${checksum}\tapplied\n`)
      .join(''),
  )
  .digest('hex')
