/**
 * How long a batch's text should be. Beyond a megabyte a text lies outside of the heap, where the collector counts it and
 * frees it soon: with shorter ones an export holds fifty megabytes more (measured). And the driver collects an answer in
 * buffers of doubling sizes: just below one of them it drops the least.
 */
export const batchCharacters = 1_900_000

/** Fetches the next item while the present one is worked on: the database and this process work at the same time. */
export async function* readAhead<T>(items: AsyncIterable<T>): AsyncIterable<T> {
  const iterator = items[Symbol.asyncIterator]()
  let next = iterator.next()
  // A failure is met where the item is awaited.
  next.catch(() => undefined)
  for (let item = await next; item.done !== true; item = await next) {
    next = iterator.next()
    next.catch(() => undefined)
    yield item.value
  }
}
