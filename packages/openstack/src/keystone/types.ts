export interface Project {
  readonly id: string;
  readonly name: string;
  readonly domain_id: string;
  readonly description?: string;
  readonly enabled: boolean;
  readonly tags?: readonly string[];
  readonly parent_id?: string | null;
}

export interface User {
  readonly id: string;
  readonly name: string;
  readonly domain_id: string;
  readonly enabled: boolean;
  readonly default_project_id?: string;
  /** Where they come from, when not from Keystone itself. */
  readonly federated?: readonly unknown[];
}

export interface Role {
  readonly id: string;
  readonly name: string;
}

export interface Domain {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
}

export interface RoleAssignment {
  readonly role: { readonly id: string; readonly name?: string };
  readonly user?: { readonly id: string; readonly name?: string };
  readonly group?: { readonly id: string };
  readonly scope: {
    readonly project?: { readonly id: string; readonly name?: string };
    readonly domain?: { readonly id: string };
  };
}

export interface ApplicationCredential {
  readonly id: string;
  readonly name: string;
  readonly description?: string | null;
  readonly project_id: string;
  readonly roles: readonly Role[];
  readonly expires_at: string | null;
  readonly unrestricted: boolean;
}
