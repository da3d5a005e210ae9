import { Inject, Injectable } from '@nestjs/common';

export enum Mode {
  Audit = 'audit',
  Verified = 'verified',
}

/** What a catalog file imports from its application has decorated fields of its own. */
@Injectable()
export class Users {
  @Inject('USERS') private readonly users!: readonly string[];

  has(name: string): boolean {
    return this.users.includes(name);
  }
}
