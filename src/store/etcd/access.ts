// How an etcd is reached: where its members are, and who we are to them. Files are read when a connection is made, so that a
// certificate or password that was renewed is taken up by the next one.

/** All paths absolute. */
export interface EtcdAccess {
  /** `http://` or `https://` URLs of members, one each. */
  readonly endpoints: readonly string[];
  /** Whose certificates count; null: those that the system trusts. */
  readonly ca: string | null;
  /** Our certificate and its key, for mutual TLS. */
  readonly cert: string | null;
  readonly key: string | null;
  /** For etcd's own authentication by name and password. */
  readonly user: string | null;
  readonly passwordFile: string | null;
}
