import type { Queryable } from '../database.ts';

export interface StoredMember {
  readonly id: string;
  readonly issuer: string;
  readonly kind: 'email' | 'group' | 'subject';
  readonly value: string;
  readonly role: 'viewer' | 'operator' | 'admin';
  readonly createdBy: string;
  readonly createdAt: Date;
}

const columns = `id, issuer, kind, value, role, created_by as "createdBy", created_at as "createdAt"`;

/** Undefined when the project has a member with this issuer, kind and value. */
export async function insertMember(
  db: Queryable,
  member: Omit<StoredMember, 'createdAt'> & { readonly projectId: string },
): Promise<StoredMember | undefined> {
  const { id, projectId, issuer, kind, value, role, createdBy } = member;
  const result = await db.query<StoredMember>(
    `insert into project_members (id, project_id, issuer, kind, value, role, created_by) values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (project_id, issuer, kind, value) do nothing returning ${columns}`,
    [id, projectId, issuer, kind, value, role, createdBy],
  );
  return result.rows[0];
}

/** Whether the member is there; if so, it stays until the end of the transaction. */
export async function lockMember(db: Queryable, id: string): Promise<boolean> {
  return (await db.query('select from project_members where id = $1 for key share', [id])).rowCount === 1;
}

/** Members of the project in the order of their ids, after one of them. */
export async function listMembers(
  db: Queryable,
  { limit, after }: { readonly limit: number; readonly after?: string },
): Promise<readonly StoredMember[]> {
  const result = await db.query<StoredMember>(
    `select ${columns} from project_members where ($2::text is null or id > $2) order by id limit $1`,
    [limit, after ?? null],
  );
  return result.rows;
}

/** Removes a member, its sessions, and the use of tokens that were made in them. Answers what was there, and the ids of the tokens. */
export async function removeMember(
  db: Queryable,
  id: string,
): Promise<{ readonly member: StoredMember; readonly tokens: readonly string[] } | undefined> {
  const removed = await db.query<StoredMember>(`delete from project_members where id = $1 returning ${columns}`, [id]);
  const [member] = removed.rows;
  if (member === undefined) return undefined;
  const { rows } = await db.query<{ id: string }>(
    'update api_tokens set revoked_at = now() where member_id = $1 and revoked_at is null returning id',
    [id],
  );
  return { member, tokens: rows.map((token) => token.id) };
}

/** What an issuer has signed about somebody. */
export interface MemberClaims {
  readonly issuer: string;
  readonly subject: string;
  /** In small letters; only when the issuer has verified it. */
  readonly email: string | undefined;
  readonly groups: readonly string[];
}

export interface Membership {
  readonly memberId: string;
  readonly projectId: string;
  readonly projectName: string;
  readonly domainId: string | null;
  readonly role: StoredMember['role'];
}

/** Every membership that the claims stand for, over all projects; several may be in one project. */
export async function membershipsOf(db: Queryable, claims: MemberClaims): Promise<readonly Membership[]> {
  const result = await db.query<Membership>(
    `select member_id as "memberId", project_id as "projectId", project_name as "projectName", domain_id as "domainId", role
     from memberships_of($1, $2, $3, $4)`,
    [claims.issuer, claims.subject, claims.email ?? null, claims.groups],
  );
  return result.rows;
}
