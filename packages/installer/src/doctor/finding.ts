/** Something that is broken, and what to do about it. */
export interface Finding {
  readonly area:
    | 'installation'
    | 'process'
    | 'archive'
    | 'port'
    | 'disk'
    | 'certificate'
    | 'image'
    | 'server'
    | 'node'
    | 'component';
  readonly subject: string;
  readonly message: string;
  readonly remedy: string;
}
