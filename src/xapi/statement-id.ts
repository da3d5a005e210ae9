/**
 * Ids of statements. The same event always gets the same id, so that an LRS recognizes a statement
 * that is sent again (docs/decisions/0340-statement-ids-are-those-of-open-edx.md).
 */
import { referenceJson } from '../event/reference-text';
import type { EventSource } from './learning-event';
import type { XapiActor, XapiVerb } from './statement';
import { DNS_NAMESPACE, isUuid, URL_NAMESPACE, uuid5, uuidBytes } from './uuid5';

/** Parts of a statement that its id is made of. */
export interface IdentifyingParts {
  readonly actor: XapiActor;
  readonly verb: XapiVerb;
  /** Time as text, before it is formatted. */
  readonly rawTime: string | undefined;
  /** Distinguishes the statements of one event; undefined for the first. */
  readonly key: string | undefined;
}

/** Most actors or verbs whose texts are kept. */
const MAX_KEPT = 10_000;

const dnsNamespace = uuidBytes(DNS_NAMESPACE);
const urlNamespace = uuidBytes(URL_NAMESPACE);

/** Makes ids as Open edX's converter does: from actor, verb and time. */
export class OpenEdxIds {
  private readonly verbTexts = new Map<XapiVerb, string>();
  private readonly namespaces = new Map<string, Buffer>();
  private readonly actorTexts = new Map<string, string>();

  of({ actor, verb, rawTime, key }: IdentifyingParts): string {
    const verbText = kept(this.verbTexts, verb, () => verbJson(verb));
    const namespace =
      key === undefined
        ? kept(this.namespaces, verbText, () => namespaceOf(verbText))
        : namespaceOf(`${verbText}-${key}`);
    return uuid5(namespace, `${this.actorText(actor)}-${rawTime ?? 'None'}`);
  }

  private actorText(actor: XapiActor): string {
    const { account, mbox, mbox_sha1sum, openid, name = '' } = actor;
    const key = [name, account?.homePage, account?.name, mbox, mbox_sha1sum, openid].join('\n');
    return kept(this.actorTexts, key, () => actorJson(actor));
  }
}

/**
 * Makes ids from the event's id. The first statement has the id of the event.
 * @throws LearningMappingException if the event has no id
 */
export function eventStatementId(source: EventSource, key: string | undefined): string {
  const { id } = source.event;
  if (typeof id !== 'string' || id === '') throw source.error("it has no id, which ids: 'event' needs");
  const own = isUuid(id) ? id.toLowerCase() : uuid5(urlNamespace, id);
  return key === undefined ? own : uuid5(uuidBytes(own), key);
}

function namespaceOf(text: string): Buffer {
  return uuidBytes(uuid5(dnsNamespace, text));
}

function verbJson({ id, display }: XapiVerb): string {
  return referenceJson({ id, ...(display !== undefined && { display }) });
}

/** The order of the keys is part of the id. */
function actorJson({ objectType, name, account, mbox, mbox_sha1sum, openid }: XapiActor): string {
  return referenceJson({
    objectType,
    ...(name !== undefined && { name }),
    ...(mbox !== undefined && { mbox }),
    ...(mbox_sha1sum !== undefined && { mbox_sha1sum }),
    ...(openid !== undefined && { openid }),
    ...(account !== undefined && { account: { name: account.name, homePage: account.homePage } }),
  });
}

function kept<Key, Value>(values: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = values.get(key);
  if (known !== undefined) return known;
  if (values.size >= MAX_KEPT) values.clear();
  const value = make();
  values.set(key, value);
  return value;
}
