interface Stored {
  readonly payload: Record<string, unknown>
  /** Seconds since 1970. */
  readonly expiresAt: number
}

const capacity = 10_000

/**
 * oidc-provider's storage interface over memory, one store a provider. A restart forgets who was signed in at the
 * provider, not who they are: people meet the form again.
 */
export function createProviderStore(): (model: string) => object {
  const rows = new Map<string, Stored>()

  function read(key: string): Record<string, unknown> | undefined {
    const row = rows.get(key)
    if (row === undefined) return undefined
    if (row.expiresAt > epochSeconds()) return row.payload
    rows.delete(key)
    return undefined
  }

  function write(key: string, payload: Record<string, unknown>, expiresIn: number | undefined): void {
    rows.delete(key)
    rows.set(key, { payload, expiresAt: expiresIn === undefined ? Infinity : epochSeconds() + expiresIn })
    const oldest = rows.keys().next()
    if (rows.size > capacity && !oldest.done) rows.delete(oldest.value)
  }

  function findBy(model: string, field: 'uid' | 'userCode', value: string): Record<string, unknown> | undefined {
    for (const key of rows.keys()) {
      const payload = key.startsWith(`${model}:`) ? read(key) : undefined
      if (payload?.[field] === value) return payload
    }
    return undefined
  }

  return (model) => ({
    upsert: async (id: string, payload: Record<string, unknown>, expiresIn?: number) =>
      write(`${model}:${id}`, payload, expiresIn),
    find: async (id: string) => read(`${model}:${id}`),
    findByUid: async (uid: string) => findBy(model, 'uid', uid),
    findByUserCode: async (userCode: string) => findBy(model, 'userCode', userCode),
    destroy: async (id: string) => void rows.delete(`${model}:${id}`),
    consume: async (id: string) => {
      const payload = read(`${model}:${id}`)
      if (payload !== undefined) payload['consumed'] = epochSeconds()
    },
    revokeByGrantId: async (grantId: string) => {
      for (const [key, { payload }] of rows) if (payload['grantId'] === grantId) rows.delete(key)
    },
  })
}

// The provider's own clock, as its library has it; the gateway's clock is the gateway's.
function epochSeconds(): number {
  return Math.floor(performance.timeOrigin / 1000 + performance.now() / 1000)
}
