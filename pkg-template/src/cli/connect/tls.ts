// TLS as libpq has it: https://www.postgresql.org/docs/current/libpq-ssl.html.
import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { checkServerIdentity, type ConnectionOptions } from 'node:tls'
import type { Server } from './address.js'
import { tlsFile } from './home.js'
import { invalid, type Settings } from './parameters.js'

/** One way to talk to a server. */
export interface Way {
  readonly ssl: false | ConnectionOptions
  /** Whether the server has to prove which one it is. */
  readonly verified: boolean
}

const plain: Way = { ssl: false, verified: false }

/** The ways to talk to a server, in the order in which they are tried. @throws MigrationError `invalid-target` */
export function waysOf(settings: Settings, { host }: Server): readonly [Way, ...Way[]] {
  const mode = modeOf(settings)
  // Nobody listens in between on a socket, and libpq does not ask there.
  if (host.startsWith('/') || mode === 'disable') return [plain]
  const encrypted = tls(settings, mode, host)
  if (mode === 'allow') return [plain, encrypted]
  if (mode === 'prefer') return [encrypted, plain]
  return [encrypted]
}

function modeOf({ sslmode, ssl, sslrootcert, sslnegotiation }: Settings): string {
  if (sslmode !== undefined) return sslmode
  // node-postgres'; where it says only that there is TLS, its driver verifies.
  if (ssl !== undefined) return { 0: 'disable', false: 'disable', 'no-verify': 'no-verify' }[ssl] ?? 'verify-full'
  if (sslrootcert === 'system') return 'verify-full'
  return sslnegotiation === 'direct' ? 'require' : 'prefer'
}

function tls(settings: Settings, mode: string, host: string): Way {
  const ca = authorities(settings, mode)
  // With an authority at hand its word is asked for whatever the mode is.
  const verified = mode === 'verify-full' || (ca !== undefined && mode !== 'no-verify')
  const { ssl_min_protocol_version: least, ssl_max_protocol_version: most } = settings
  const cert = certificates('sslcert', settings.sslcert, 'postgresql.crt')
  const key = cert && given('sslkey', settings.sslkey, 'postgresql.key')
  if (cert && !key) throw invalid('there is a certificate and no key for it', 'name its file with sslkey=<file>')
  const crl = given('sslcrl', settings.sslcrl, 'root.crl')
  return {
    verified,
    ssl: {
      rejectUnauthorized: verified,
      // Where it is may be said apart from what it is called: by its name a proxy finds it, and its certificate is for that.
      ...(isIP(host) === 0 && { servername: host }),
      checkServerIdentity: (_, certificate) =>
        mode === 'verify-full' ? checkServerIdentity(host, certificate) : undefined,
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
      ...(crl && verified && { crl }),
      ...(settings.sslpassword && { passphrase: settings.sslpassword }),
      // libpq's own default.
      minVersion: (least as 'TLSv1.2' | undefined) ?? 'TLSv1.2',
      ...(most && { maxVersion: most as 'TLSv1.3' }),
    },
  }
}

/** The certificates of authorities; undefined is Node's own. */
function authorities({ sslrootcert }: Settings, mode: string): string | undefined {
  if (sslrootcert === 'system' || mode === 'no-verify') return undefined
  const ca = certificates('sslrootcert', sslrootcert, 'root.crt')
  // One who may be anybody's customer has proved nothing by a certificate alone.
  if (mode === 'verify-ca' && ca === undefined)
    throw invalid(
      `sslmode=verify-ca needs the certificate of the authority, and there is no ${tlsFile('root.crt')}`,
      "name it with sslrootcert=<file>; sslmode=verify-full takes those that everybody trusts, and looks at the server's name",
    )
  return ca
}

/** The same of certificates: without one in it, TLS would go on as if none had been named. */
function certificates(name: string, path: string | undefined, otherwise: string): string | undefined {
  const text = given(name, path, otherwise)
  try {
    if (text !== undefined) new X509Certificate(text)
    return text
  } catch {
    throw invalid(
      `there is no certificate in ${path === undefined ? tlsFile(otherwise) : `the file of ${name}`}`,
      `name one in PEM with ${name}=<file>: it begins with -----BEGIN CERTIFICATE-----`,
    )
  }
}

/** The text of a file that is named, or of the one that libpq takes otherwise if it is there. */
function given(name: string, path: string | undefined, otherwise: string): string | undefined {
  const usual = tlsFile(otherwise)
  if (path === undefined && !existsSync(usual)) return undefined
  try {
    return readFileSync(path ?? usual, 'utf8')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    throw invalid(
      `the file of ${name} ${code === 'ENOENT' ? 'does not exist' : `cannot be read: ${message}`}`,
      `name another one with ${name}=<file>; a path that is not absolute is one of the working directory`,
    )
  }
}
