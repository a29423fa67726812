import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate and its key, as text and as files. */
export interface Identity {
  readonly key: string;
  readonly cert: string;
  readonly keyFile: string;
  readonly certFile: string;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** A private authority, which signs certificates. */
export class Authority implements Disposable {
  readonly identity: Identity;
  readonly #folder: string;
  #count = 0;

  constructor(name: string) {
    this.#folder = mkdtempSync(join(tmpdir(), 'sluice-authority-'));
    const [keyFile, certFile] = this.#files('authority');
    openssl([
      'req',
      '-x509',
      ...NEW_KEY,
      '-keyout',
      keyFile,
      '-out',
      certFile,
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
    ]);
    this.identity = read(keyFile, certFile);
  }

  /**
   * Signs a certificate.
   * @param host its name; or its address, after `IP:`
   * @param days how long it lasts; one that is over has a negative number
   */
  sign(host: string, days = 2): Identity {
    this.#count += 1;
    const [keyFile, certFile] = this.#files(`${this.#count}`);
    const request = join(this.#folder, `${this.#count}.csr`);
    const extensions = join(this.#folder, `${this.#count}.ext`);
    writeFileSync(extensions, `subjectAltName=${host.startsWith('IP:') ? host : `DNS:${host}`}`);
    openssl(['req', '-new', ...NEW_KEY, '-keyout', keyFile, '-out', request, '-subj', `/CN=${this.#count}`]);
    const { certFile: authority, keyFile: authorityKey } = this.identity;
    openssl([
      ...['x509', '-req', '-in', request, '-CA', authority, '-CAkey', authorityKey, '-CAcreateserial'],
      ...['-out', certFile, '-days', `${days}`, '-extfile', extensions],
    ]);
    return read(keyFile, certFile);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }

  #files(name: string): [keyFile: string, certFile: string] {
    return [join(this.#folder, `${name}-key.pem`), join(this.#folder, `${name}-cert.pem`)];
  }
}

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'ignore' });
}

function read(keyFile: string, certFile: string): Identity {
  return { keyFile, certFile, key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') };
}
