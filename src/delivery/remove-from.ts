/**
 * Removes an item from a short list, in place. For lists of the batches that are being sent, for
 * which a Map or a Set would keep the sent ones longer (docs/decisions/0393).
 * @returns true if the list had the item
 */
export function removeFrom<Item>(list: Item[], item: Item): boolean {
  const at = list.indexOf(item);
  if (at >= 0) list.splice(at, 1);
  return at >= 0;
}
