interface Running {
  readonly execPath: string;
  readonly versions: { readonly node: string };
  readonly platform: string;
  readonly arch: string;
}

export function nodeBinary(
  version: string,
  options?: {
    readonly here?: Running;
    readonly cache?: string;
    readonly install?: (folder: string, specifier: string) => string | undefined;
  },
): string;

export function isOfVersion(full: string, version: string): boolean;
