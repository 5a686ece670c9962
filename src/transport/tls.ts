// Mutual TLS between nodes: who holds a certificate of the cluster's own authority is a member.
import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { ConnectionOptions, TlsOptions } from 'node:tls';

/** PEM texts. */
export interface PeerTls {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** Throws a readable error if the texts are no certificate, key and authority that belong together. */
export function checkTls(tls: PeerTls): void {
  try {
    createSecureContext(tls);
  } catch (error) {
    throw new Error(`the TLS files for peers cannot be used: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

export function serverTlsOptions(tls: PeerTls, handshakeTimeout: number): TlsOptions {
  return { ...tls, requestCert: true, rejectUnauthorized: true, handshakeTimeout };
}

/**
 * The server is checked against the authority, not against a name: which node it is, it says in the
 * handshake, and addresses may change.
 */
export function clientTlsOptions(tls: PeerTls): ConnectionOptions {
  return { ...tls, rejectUnauthorized: true, checkServerIdentity: () => undefined };
}

/**
 * net-ipc sends the host as the TLS server name, which may not be an IP address (RFC 6066). So it
 * is given a name, and this resolves that name to the host that is meant.
 */
export function lookupAlways(host: string): LookupFunction {
  return (_name, options, callback) => lookup(host, options, callback);
}
